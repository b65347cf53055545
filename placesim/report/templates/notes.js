// The lower part of the page: findings by rule, changes, problems of the data, what is not known, sources.
const UNIT_NAMES = {
  campus: () => DATA.schools, stage_section: () => DATA.schools, area: () => DATA.areas, planning_area: () => DATA.planning_areas,
};

function unitName(unit, id) {
  if (unit === "county") return t("unit_of_count.county");
  const row = UNIT_NAMES[unit] && UNIT_NAMES[unit]().find((r) => r[0] === id);
  return row ? nameOf(row) : id;
}

function span(first, last) {
  return first === last ? String(first) : `${first}–${last}`;
}

function renderFindings() {
  put("findings-list", DATA.findings.length ? DATA.findings.map(findingBlock) : el("p", { class: "nothing" }, t("report.findings.none")));
}

function findingBlock(finding, k) {
  const rule = DATA.rules[finding.rule];
  const units = new Set(finding.items.map((item) => item[0])).size;
  const years = finding.items.flatMap((item) => [item[2], item[3]]);
  const title = said({ zh: rule.label_zh, en: rule.label_en });
  const note = said({ zh: rule.note_zh, en: rule.note_en });
  const details = el("details", null, el("summary", null, t("report.findings.show", { count: finding.items.length })));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(findingTable(finding, title, k));
  });
  return el(
    "article", { class: `finding ${finding.severity}` },
    el(
      "header", null,
      el("h3", null, el("span", { class: `tag severity-${finding.severity}` }, t(`severity.${finding.severity}`)), title),
      el("p", { class: "extent" }, `${t(`unit_of_count.${finding.unit}`)} × ${fixed(units, 0)} · ${span(Math.min(...years), Math.max(...years))}`),
    ),
    el("p", { class: "cite", title: finding.rule }, `${documentOf(rule)} ${rule.clause}`, confidence(rule)),
    note ? el("p", { class: "cite" }, note) : null,
    details,
  );
}

function findingTable(finding, title, k) {
  const name = (item) => unitName(finding.unit, item[0]);
  const measured = (value) => figure(finding.metric, value);
  const column = (label, at, cell) => ({ label, number: true, value: (item) => item[at], cell: cell || ((item) => String(item[at])) });
  return sortableTable(`finding-${k}`, title, [
    { label: t(`unit_of_count.${finding.unit}`), value: name, cell: name },
    { label: t("report.stage"), value: (item) => stageName(item[1]), cell: (item) => stageName(item[1]) },
    column(t("report.list.first"), 2),
    column(t("report.list.last"), 3),
    column(t("report.list.years"), 4),
    column(`${t("report.list.worst")}: ${t(`metric.${finding.metric}`)}`, 5, (item) => measured(item[5])),
    { label: t("report.findings.limit"), number: true, value: (item) => item[6], cell: (item) => `${word("operator", finding.operator)} ${measured(item[6])}` },
  ], finding.items);
}

function renderChanges() {
  const school = (row) => (SCHOOL.has(row.school) ? nameOf(DATA.schools[SCHOOL.get(row.school)]) : row.school);
  const plain = (label, of, number) => ({ label, value: of, cell: (row) => of(row) ?? NONE, number });
  const count = (label, key) => ({ label, number: true, value: (r) => r[key], cell: (r) => (r[key] ? signed(r[key]) : NONE) });
  const { currency, price_year } = DATA.meta;
  put("changes-list", sortableTable("changes", t("report.section.changes"), [
    plain(t("report.year"), (r) => r.year, true),
    plain(t("report.changes.until"), (r) => r.until, true),
    plain(t("report.changes.kind"), (r) => word("report.change", r.kind)),
    plain(t("report.school"), school),
    count(t("report.changes.rooms"), "rooms"),
    count(t("report.changes.places"), "places"),
    { label: `${t("report.changes.cost")} (${currency}${price_year ? ` ${price_year}` : ""})`, number: true, value: (r) => r.cost, cell: (r) => fixed(r.cost, 0) },
    { label: t("report.changes.reason"), value: (r) => r.reason, cell: (r) => el("span", { class: "long" }, r.reason || NONE) },
    plain(t("report.changes.name"), (r) => r.name),
  ], DATA.changes));
}

function renderProblems() {
  const { total, rows } = DATA.problems;
  const kind = (row) => ({ E: t("report.problems.error"), W: t("report.problems.warning"), N: t("report.problems.note") })[row.code[0]];
  const table = sortableTable("problems", t("report.section.problems"), [
    { label: t("report.problems.kind"), value: (r) => r.code, cell: (r) => `${kind(r)} ${r.code}` },
    { label: t("report.problems.where"), value: (r) => said(r.where), cell: (r) => said(r.where) },
    { label: t("report.problems.text"), value: (r) => said(r.text), cell: (r) => said(r.text) },
    { label: t("report.problems.fix"), value: (r) => said(r.fix), cell: (r) => said(r.fix) },
  ], rows);
  const more = total > rows.length ? el("p", { class: "cite" }, t("report.problems.more", { shown: rows.length, total })) : null;
  put("problems-list", rows.length ? [table, more] : el("p", { class: "nothing" }, t("report.problems.none")));
}

function renderUnknowns() {
  put("unknowns-list", DATA.unknowns[state.language].map((text) => el("li", null, text)));
}

function renderSources() {
  const plain = (label, of) => ({ label, value: of, cell: (row) => of(row) || NONE });
  put("sources-list", sortableTable("sources", t("report.section.sources"), [
    plain(t("report.sources.table"), (s) => said(s.table)),
    plain(t("report.sources.file"), (s) => s.file),
    plain(t("report.sources.sheet"), (s) => s.sheet),
    plain(t("report.sources.as_of"), (s) => s.as_of),
    { label: "SHA-256", value: (s) => s.sha256, cell: (s) => el("code", null, s.sha256) },
  ], DATA.sources));
}

start();
