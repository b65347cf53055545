// What is coming and how the county stands: early warning, shortages as waves, schools to review, quality balance.
let waveUnit = 0;

function renderOutlook() {
  const { early_warning, waves, review, balance, not_computable } = DATA.outlook;
  if (!document.getElementById("outlook-list")) return;
  const part = (title, ...content) => [el("h3", null, t(title)), ...content];
  put("outlook-list", [
    early_warning ? part("outlook.warning", ...warningBlocks(early_warning)) : null,
    waves ? part("outlook.waves", el("div", { id: "outlook-waves" })) : null,
    review ? part("outlook.review", el("p", { class: "cite" }, t("outlook.review_about")), reviewTable(review.rows), rest(review)) : null,
    balance ? part("outlook.balance", ...balanceBlocks(balance)) : null,
    not_computable ? part("outlook.lacking", ...lackingLines(not_computable, not_computable[state.language])) : null,
  ]);
  if (waves) renderWaves(waves);
}

function nothing() {
  return el("p", { class: "nothing" }, t("report.none"));
}

function rest({ rows, total }) {
  return total > rows.length ? el("p", { class: "cite" }, t("outlook.more", { shown: rows.length, all: total })) : null;
}

// Each document once, with the clauses of it that the rules name.
function cited(rules) {
  const clauses = new Map();
  for (const rule of rules) clauses.set(documentOf(rule), (clauses.get(documentOf(rule)) || new Set()).add(rule.clause));
  return el("ul", { class: "basis" }, [...clauses].map(([document, of]) => el("li", { class: "cite" }, `${document} ${[...of].join(joint())}`)));
}

// ------------------------------------------------------------------------------------------------ early warning
// A table per stage: planning areas down, years across; the word stands in the cell beside its colour.
function warningBlocks({ horizons, rows }) {
  if (!rows.length) return [nothing()];
  const blocks = STAGES.map((stage) => warningTable(stage, horizons, rows.filter((r) => r.stage === stage.id)));
  return [
    el("p", { class: "cite" }, t("outlook.warning_about")),
    rows.some((r) => r.chance_over_design !== null) ? el("p", { class: "cite" }, t("outlook.chance_about")) : null,
    el("div", { class: "stages" }, blocks),
    cited(rows.filter((r) => r.rule_id)),
  ];
}

function warningTable(stage, horizons, rows) {
  if (!rows.length) return null;
  const ids = [...new Set(rows.map((r) => r.planning_area))];
  const of = (id, horizon) => rows.find((r) => r.planning_area === id && r.horizon === horizon);
  const heads = [capital(t("unit_of_count.planning_area")), ...horizons.map(([ahead, year]) => t(ahead ? "outlook.ahead" : "outlook.now", { ahead, year }))];
  const body = ids.map((id) => [unitName("planning_area", id), ...horizons.map(([ahead]) => warningCell(of(id, ahead)))]);
  const title = `${said(stage)} · ${t("outlook.warning")}`;
  const table = plainTable(title, heads, body, { class: "warnings" });
  return el("section", { class: "stage" }, el("h4", null, said(stage)), el("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": title }, table));
}

function warningCell(row) {
  if (!row) return NONE;
  const values = { need: fixed(row.need, 0), design: fixed(row.places_design, 0), emergency: fixed(row.places_emergency, 0), over: percent(row.chance_over_emergency) };
  const known = row.chance_over_design !== null;
  const why = [t("outlook.cell", values), known ? t("outlook.cell_chance", values) : null, row.rule_id ? `${documentOf(row)} ${row.clause}` : null];
  return el(
    "span", { class: `warning ${COLOURS.includes(row.colour) ? row.colour : ""}`, title: why.filter(Boolean).join(joint()) },
    el("span", null, el("b", null, capital(word("warning", row.colour))), ` ${percent(row.pressure)}`),
    known ? el("small", null, t("outlook.chance", { chance: percent(row.chance_over_design) })) : null,
  );
}

const COLOURS = ["red", "amber", "blue", "green"];

// ------------------------------------------------------------------------------------------------ waves
function renderWaves(waves) {
  if (!waves.length) return void put("outlook-waves", nothing());
  const choose = (k) => {
    waveUnit = k;
    renderWaves(waves);
    document.querySelector("#outlook-waves [aria-pressed=true]").focus();
  };
  const shown = waves[waveUnit];
  const options = waves.map(({ unit }, k) => [k, capital(t(`unit_of_count.${unit}`))]);
  put("outlook-waves", el("div", { class: "bar" }, choice(t("outlook.unit"), options, waveUnit, choose)), waveTable(shown.unit, shown.rows), rest(shown));
}

function waveTable(unit, rows) {
  const name = (r) => unitName(unit, r.id);
  const count = (label, key) => ({ label, number: true, value: (r) => r[key], cell: (r) => fixed(r[key], 0) });
  const year = (label, of, cell) => ({ label, number: true, value: of, cell: cell || ((r) => String(of(r))) });
  return sortableTable(`waves-${unit}`, t("outlook.waves"), [
    { label: capital(t(`unit_of_count.${unit}`)), value: name, cell: name },
    { label: t("report.stage"), value: (r) => stageName(r.stage), cell: (r) => stageName(r.stage) },
    year(t("outlook.start"), (r) => r.start_year, (r) => (r.from_start ? t("outlook.or_earlier", { year: r.start_year }) : String(r.start_year))),
    count(t("outlook.peak"), "peak"),
    year(t("outlook.peak_year"), (r) => r.peak_year),
    year(t("outlook.end"), (r) => r.end_year, (r) => (r.to_end ? t("outlook.or_later", { year: r.end_year }) : String(r.end_year))),
    count(t("outlook.left", { year: YEARS[YEARS.length - 1] }), "residual_shortage"),
    count(t("outlook.spare"), "lowest_after"),
  ], rows);
}

// ------------------------------------------------------------------------------------------------ schools to review
function reviewTable(rows) {
  const name = (r) => nameOf(DATA.schools[SCHOOL.get(r.school_id)]);
  const reasons = (r) => r.score_reason.split("+").map((reason) => word("score_reason", reason)).join(joint());
  const count = (label, key, digits) => ({ label, number: true, value: (r) => r[key], cell: (r) => fixed(r[key], digits) });
  return sortableTable("review", t("outlook.review"), [
    { label: t("report.school"), value: name, cell: (r) => schoolLink({ ...r, first_year: YEARS[0] }, name(r)) },
    { label: t("report.stage"), value: (r) => stageName(r.stage), cell: (r) => stageName(r.stage) },
    { label: t("outlook.why"), wide: true, value: reasons, cell: reasons },
    count(capital(t("metric.roll")), "roll", 0),
    count(capital(t("metric.places_design")), "places_design", 0),
    count(t("outlook.minutes_to_next"), "minutes_to_next", 0),
    count(t("outlook.score"), "score", 1),
  ], rows);
}

// ------------------------------------------------------------------------------------------------ quality balance
function balanceBlocks({ years, rows, unit }) {
  if (!rows.length) return [el("p", { class: "nothing" }, t("outlook.balance_unknown"))];
  return [
    el("p", { class: "cite" }, t("outlook.balance_about", { unit: t(`unit_of_count.${unit}`) })),
    el("div", { class: "stages" }, STAGES.map((stage) => balanceTable(stage, years, rows.filter((r) => r.stage === stage.id)))),
    cited(rows.map((r) => DATA.rules[r.rule_id]).filter(Boolean)),
  ];
}

function balanceTable(stage, years, rows) {
  if (!rows.length) return null;
  const cell = (r, k) => (r.standing[k] === null ? NONE : el("span", { class: `standing ${r.standing[k]}` }, `${fixed(r.cv[k], 3)} `, el("b", null, word("standing", r.standing[k]))));
  const body = rows.map((r) => [capital(t(`metric.${r.metric}`)), ...years.map((_, k) => cell(r, k)), r.limit === null ? NONE : `≤ ${fixed(r.limit, 2)}`]);
  const title = `${said(stage)} · ${t("outlook.balance")}`;
  const table = plainTable(title, [t("outlook.indicator"), ...years.map(String), t("report.findings.limit")], body);
  return el("section", { class: "stage" }, el("h4", null, said(stage)), el("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": title }, table));
}

// ------------------------------------------------------------------------------------------------ what is lacking
function lackingLines({ count }, { things, tables }) {
  if (!count) return [el("p", null, t("outlook.nothing_lacking"))];
  const comma = state.language === "zh" ? "、" : ", ";
  const one = ([table, columns]) => (columns.length ? t("outlook.columns", { table, columns: columns.join(comma) }) : table);
  return [
    el("p", null, t("outlook.lacking_count", { count, tables: tables.map(one).join(joint()) })),
    el("details", null, el("summary", null, t("outlook.lacking_what")), el("ul", { class: "prose" }, things.map((text) => el("li", null, text)))),
  ];
}
