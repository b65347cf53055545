// Two runs side by side.
function renderPage() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  document.title = t("compare.short_title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
  const [a, b] = DATA.meta.runs;
  put("title", said(a) === said(b) ? said(a) : `${said(a)} · ${said(b)}`);
  put("about", el("dl", { class: "facts" }, [a, b].map((run, k) => el("div", null, el("dt", null, "AB"[k]), el("dd", null, `${run.name} · ${run.id}`)))));
  put("settings", settingsTable());
  put("figures", DATA.meta.stages.map(figuresOf));
  put("types", typesTable());
  put("flows", flowsTable());
}

const text = (label, of) => ({ label, value: of, cell: (row) => of(row) ?? NONE });
const stage = () => text(t("report.stage"), (r) => stageName(r.stage));
const year = () => ({ label: t("report.year"), number: true, value: (r) => r.year, cell: (r) => String(r.year) });

function settingsTable() {
  return sortableTable("settings", t("compare.section.settings"), [text(t("compare.key"), (r) => r.key), text("A", (r) => r.a), text("B", (r) => r.b)], DATA.settings);
}

function figuresOf({ id }) {
  const rows = DATA.figures.filter((row) => row.stage === id);
  const changed = (metric, row) => (metric === "utilisation" ? points(row[`${metric}_change`]) : row[`${metric}_change`] ? signed(row[`${metric}_change`]) : NONE);
  const same = DATA.compared.filter((metric) => rows.every((r) => r[`${metric}_change`] === 0 || r[`${metric}_a`] === r[`${metric}_b`]));
  const heading = el("h3", { class: "over-table" }, stageName(id));
  if (same.length === DATA.compared.length) return [heading, el("p", { class: "nothing" }, t("compare.all_same"))];
  const columns = DATA.compared.filter((metric) => !same.includes(metric)).flatMap((metric) => {
    const column = (end, cell) => ({ label: end, hint: t(`metric.${metric}`), number: true, value: (r) => r[`${metric}_${cell}`] });
    return [
      { ...column(`${capital(t(`metric.${metric}`))} A`, "a"), cell: (r) => figure(metric, r[`${metric}_a`]) },
      { ...column("B", "b"), cell: (r) => figure(metric, r[`${metric}_b`]) },
      { ...column("B − A", "change"), cell: (r) => changed(metric, r) },
    ];
  });
  const unchanged = same.length ? el("p", { class: "count" }, t("compare.same", { metrics: same.map((m) => t(`metric.${m}`)).join(state.language === "zh" ? "、" : ", ") })) : null;
  return [heading, sortableTable(`figures-${id}`, stageName(id), [year(), ...columns], rows), unchanged];
}

function points(share) {
  if (share === null || Math.abs(share) < 0.0005) return NONE;
  return t("compare.points", { value: `${share > 0 ? "+" : ""}${fixed(share * 100, 1)}` });
}

function typesTable() {
  const names = new Map(DATA.schools.map((row) => [row[0], nameOf(row)]));
  const kind = (value) => (value === null ? t("compare.no_type") : word("typology", value));
  return sortableTable("types", t("compare.section.types"), [
    text(t("report.school"), (r) => names.get(r.school_id) || r.school_id), stage(),
    text(t("compare.years"), (r) => (r.first_year === r.last_year ? String(r.first_year) : `${r.first_year}–${r.last_year}`)),
    text("A", (r) => kind(r.type_a)), text("B", (r) => kind(r.type_b)),
  ], DATA.types);
}

function flowsTable() {
  const count = (label, key, cell) => ({ label, number: true, value: (r) => r[key], cell });
  return sortableTable("flows", t("compare.section.flows"), [
    stage(), year(), count(t("compare.moved"), "moved", (r) => fixed(r.moved, 0)), count(t("compare.more"), "more", (r) => (r.more ? signed(r.more) : NONE)),
  ], DATA.flows.filter((r) => r.moved || r.more));
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => { state.language = button.dataset.language; renderPage(); });
}
renderPage();
