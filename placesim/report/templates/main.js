// The page from top to bottom, drawn again when the language changes.
function renderStatic() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  document.title = `${said(DATA.meta.title)} · ${t("report.title")}`;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
  }
}

function renderHeader() {
  const { title, scenario, variant, run_id, written, version, pack, price_year, currency } = DATA.meta;
  put("title", said(title));
  const dates = DATA.sources.filter((s) => s.as_of).map((s) => `${said(s.table)} ${s.as_of}`);
  put("about", facts([
    [t("report.meta.scenario"), scenario],
    [t("report.meta.variant"), variant || t("report.meta.base")],
    [t("report.meta.years"), `${YEARS[0]}–${YEARS[YEARS.length - 1]}`],
    [t("report.meta.dates"), dates.length ? dates.join(" · ") : t("report.meta.no_dates")],
    [t("report.meta.pack"), `${said(pack)} ${pack.version}`],
    [t("report.meta.money"), price_year ? `${currency} ${price_year}` : currency],
    [t("report.meta.run"), run_id],
    [t("report.meta.written"), written.slice(0, 16).replace("T", " ")],
    [t("report.meta.version"), `placesim ${version}`],
  ]));
}

// ------------------------------------------------------------------------------------------------ key figures
function renderGlance() {
  const over = (metric, y) => DATA.county[metric].reduce((sum, years) => sum + (years[y] || 0), 0);
  const last = YEARS.length - 1;
  const { unplaced, over_design, excess } = DATA.worst;
  const listed = (name) => [new Set(DATA.lists[name].map((row) => row.school_id)).size, DATA.lists[name].length];
  const schools = (name) => {
    const [count, rows] = listed(name);
    return [fixed(count, 0), el("span", { class: "of" }, t("report.glance.sections", { rows: fixed(rows, 0) }))];
  };
  const now = (name) => new Set(DATA.lists[name].filter((r) => r.first_year === YEARS[0]).map((r) => r.school_id)).size;
  const change = over("need", last) - over("need", 0);
  const beyond = t("report.glance.over", {
    over: fixed(over_design.value, 0), over_year: over_design.year, excess: fixed(excess.value, 0), excess_year: excess.year,
  });
  const when = unplaced.value > 0 ? t("report.glance.worst", { year: unplaced.year }) : t("report.glance.never");
  const tiles = [
    [t("report.glance.pupils", { year: YEARS[0] }), fixed(over("need", 0), 0), last === 0 ? "" : t("report.glance.pupils_then", { year: YEARS[last], pupils: fixed(over("need", last), 0), change: signed(change) })],
    [t("report.glance.crowded"), schools("crowded"), t("report.glance.now", { year: YEARS[0], count: now("crowded") }), "crowded"],
    [t("report.glance.underused"), schools("underused"), t("report.glance.now", { year: YEARS[0], count: now("underused") }), "underused"],
    [t("report.glance.unplaced"), fixed(unplaced.value, 0), `${when}${joint()}${beyond}`],
  ];
  put("glance", tiles.map(([name, value, note, kind]) =>
    el("div", { class: `tile ${kind || ""}` }, el("p", { class: "name" }, name), el("p", { class: "value" }, value), el("p", { class: "note" }, note))));
}

function renderKey() {
  put("key", STAGES.map((stage) => {
    const rows = DATA.key.filter((row) => row.stage === stage.id).filter((row, at, all) => all.findIndex((r) => r.year === row.year) === at);
    const same = (row) => DATA.key.filter((r) => r.stage === stage.id && r.year === row.year).map((r) => t(`report.when.${r.when}`));
    const heads = ["", ...rows.map((r) => t("report.key.year", { year: r.year, when: same(r).join(t("report.key.and")) }))];
    const line = (name, of) => [name, ...rows.map(of)];
    const metrics = ["need", "places_design", "utilisation", "unplaced", "over_design", "excess"];
    const cell = (m) => (r) => el("span", { class: alarm(m, r[m]) }, figure(m, r[m]));
    const large = rows[0].class_basis !== "formed" ? t("report.key.large_classes", { year: YEARS[0] }) : capital(t("metric.large_classes"));
    const body = [
      ...metrics.map((m) => line(capital(t(`metric.${m}`)), cell(m))),
      line(large, cell("large_classes")),
      line(t("report.key.crowded"), (r) => fixed(r.crowded, 0)),
      line(t("report.key.underused"), (r) => fixed(r.underused, 0)),
    ];
    return el("section", { class: "stage" }, el("h3", null, said(stage)), plainTable(said(stage), heads, body));
  }));
}

function alarm(metric, value) {
  const bad = (metric === "utilisation" && value > 1) || (["unplaced", "over_design", "excess"].includes(metric) && value > 0);
  return bad ? "over" : null;
}

// ------------------------------------------------------------------------------------------------ lists of schools
const listStage = { crowded: null, underused: null };

function renderList(name) {
  const rows = DATA.lists[name].filter((row) => listStage[name] === null || row.stage === listStage[name]);
  const options = [[null, t("report.all")], ...STAGES.filter((s) => DATA.lists[name].some((r) => r.stage === s.id)).map((s) => [s.id, said(s)])];
  const choose = (stage) => { listStage[name] = stage; renderList(name); };
  put(`${name}-list`,
    el("div", { class: "bar" }, choice(t("report.stage"), options, listStage[name], choose), el("p", { class: "count" }, t("report.list.count", { count: rows.length }))),
    sortableTable(name, t(`report.section.${name}`), listColumns(), rows), basis(rows));
}

// Document and clause of every rule that the rows cite.
function basis(rows) {
  const ids = [...new Set(rows.flatMap((row) => row.rules))].filter((id) => DATA.rules[id]);
  const line = (id) => el("li", { class: "cite", title: id }, `${ruleName(id)}: ${documentOf(DATA.rules[id])} ${DATA.rules[id].clause}`, confidence(DATA.rules[id]));
  return el("ul", { class: "basis" }, ids.map(line));
}

// A rule by its label; a test of a type (`crowded.utilisation`) by the reason it gives.
function ruleName(id) {
  const rule = DATA.rules[id];
  return (rule && said({ zh: rule.label_zh, en: rule.label_en })) || word("reason", id.slice(id.indexOf(".") + 1));
}

const SCHOOL = new Map(DATA.schools.map((row, k) => [row[0], k]));
const SECTION = new Map(SECTIONS.school.map((school, s) => [`${DATA.schools[school][0]} ${STAGES[SECTIONS.stage[s]].id}`, s]));

function listColumns() {
  const name = (row) => nameOf(DATA.schools[SCHOOL.get(row.school_id)]);
  const valueWithYear = (row) => `${figure(row.metric, row.peak_value)} (${row.peak_year})`;
  const reason = (row) => row.reason.split("+").map((r) => word("reason", r)).join(joint());
  const course = (row) => spark(SECTIONS.utilisation[SECTION.get(`${row.school_id} ${row.stage}`)], t("report.map.course"));
  return [
    { label: t("report.school"), value: name, cell: (row) => schoolLink(row, name(row)) },
    { label: t("report.stage"), value: (r) => stageName(r.stage), cell: (r) => stageName(r.stage) },
    { label: t("report.area_type"), value: (r) => word("area_type", r.area_type), cell: (r) => word("area_type", r.area_type) },
    { label: t("report.list.first"), hint: t("report.list.first_hint"), number: true, value: (r) => r.first_year, cell: (r) => String(r.first_year) },
    { label: t("report.list.years"), hint: t("report.list.years_hint"), number: true, value: (r) => r.years, cell: (r) => [`${r.years} (${span(r.first_year, r.last_year)})`, r.persistent ? el("span", { class: "tag", title: t("report.list.persistent_hint") }, t("report.list.persistent")) : null].filter(Boolean) },
    { label: t("report.list.reason"), wide: true, value: reason, cell: reasonCell },
    { label: t("report.list.worst"), number: true, value: (r) => r.peak_value, cell: (r) => [el("span", { class: "metric" }, `${t(`metric.${r.metric}`)} `), valueWithYear(r)] },
    { label: capital(t("metric.roll_actual")), hint: t("report.list.base_hint", { year: YEARS[0] }), number: true, value: (r) => r.roll_actual, cell: (r) => (r.roll_actual === null ? NONE : `${fixed(r.roll_actual, 0)} (${signed(r.residual)})`) },
    { label: t("report.list.course"), hint: t("report.map.course"), value: (r) => r.after_value, cell: course },
    { label: t("report.list.after"), value: (r) => word("after", r.after), cell: (r) => word("after", r.after) },
  ];
}

function schoolLink(row, name) {
  const go = () => {
    show({ stage: STAGES.findIndex((s) => s.id === row.stage), year: YEARS.indexOf(row.first_year) });
    document.getElementById("map-section").scrollIntoView();
    const marker = view.schools[SCHOOL.get(row.school_id)];
    if (marker) marker.openPopup();
  };
  return el("button", { type: "button", class: "link", onclick: go, title: t("report.list.show") }, name);
}

function reasonCell(row) {
  return row.rules.map((id) => el("span", { class: "reason", title: id }, capital(ruleName(id))));
}

function documentOf(rule) {
  return state.language === "zh" ? rule.document : rule.document_en;
}

function confidence(rule) {
  const text = t(`confidence.${rule.confidence}`);
  return el("span", { class: `tag confidence-${rule.confidence}` }, text);
}

// ------------------------------------------------------------------------------------------------ start
function renderAll() {
  renderStatic();
  renderHeader();
  renderGlance();
  renderKey();
  renderPlay();
  renderFind();
  renderCharts();
  renderPupils();
  renderList("crowded");
  renderList("underused");
  renderOutlook();
  renderWays();
  renderFindings();
  renderChanges();
  renderBacktest();
  renderProblems();
  renderUnknowns();
  renderSources();
}

function start() {
  state.stage = STAGES.findIndex((s) => s.id === DATA.meta.first_stage);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => show({ language: button.dataset.language }));
  }
  startMap();
  startPanel();
  onChange((language) => {
    if (language) renderAll();
    drawMap(language);
    renderPanel();
    renderMapTable();
  });
  renderAll();
  drawMap(true);
  renderPanel();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
}
