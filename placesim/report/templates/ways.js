// The way to school: who lives how near, which roads pupils walk along, where they cross main roads, odd catchments.
const AREA_GROUPS = [null, "urban", "town", "rural"];

function renderWays() {
  const { how, unsafe, busiest, crossings, catchments, counts } = DATA.ways;
  const total = Object.values(how).reduce((sum, n) => sum + n, 0);
  const values = Object.fromEntries(Object.entries(how).map(([name, n]) => [name, fixed(n, 0)]));
  const many = (shown, all) => (all > shown.length ? el("p", { class: "nothing" }, t("ways.more", { shown: shown.length, all })) : null);
  put("ways-list", [
    total ? el("p", null, t("ways.how", values)) : null,
    el("div", { class: "over-table" }, STAGES.map(coverageBlock)),
    el("h3", null, t("ways.unsafe")), routeTable("unsafe", t("ways.unsafe"), unsafe), many(unsafe, counts.unsafe),
    el("h3", null, t("ways.crossings")), crossingTable(crossings), many(crossings, counts.crossings),
    el("details", null, el("summary", null, t("ways.busiest")), routeTable("busiest", t("ways.busiest"), busiest), many(busiest, counts.routes)),
    el("h3", null, t("ways.catchments")), catchmentTable(catchments),
  ]);
}

// A stage's coverage: one row per area type, shares of pupils within each limit, the mean way to the nearest school.
function coverageBlock(stage) {
  const rows = DATA.ways.coverage.filter((r) => r.stage === stage.id);
  const limits = rows.filter((r) => r.area_type === null).map((r) => [r.measure, r.limit]);
  const title = `${said(stage)} · ${t("ways.coverage")}`;
  const heads = ["", ...limits.map(([measure, limit]) => t(`ways.${measure}`, { limit })), t("ways.nearest_metres"), t("ways.nearest_minutes")];
  const body = AREA_GROUPS.map((group) => coverageRow(stage, group, rows, limits)).filter(Boolean);
  return el("section", { class: "stage" }, el("h3", null, title), plainTable(title, heads, body));
}

function coverageRow(stage, group, rows, limits) {
  const near = DATA.ways.nearest.find((r) => r.stage === stage.id && r.area_type === group);
  if (!near) return null;
  const share = ([measure, limit]) => rows.find((r) => r.area_type === group && r.measure === measure && r.limit === limit).share_of_pupils;
  const name = group === null ? t("ways.county") : word("area_type", group);
  return [capital(name), ...limits.map((l) => percent(share(l))), fixed(near.metres_of_pupils, 0), fixed(near.minutes_of_pupils, 1)];
}

function routeTable(id, caption, rows) {
  return sortableTable(`ways-${id}`, caption, [
    { label: t("ways.road"), value: (r) => r.road_id, cell: (r) => r.road_id ?? NONE },
    { label: t("ways.class"), value: (r) => r.class, cell: (r) => r.class ?? NONE },
    { label: t("ways.main"), value: (r) => Number(r.main), cell: (r) => t(r.main ? "report.true" : "report.false") },
    { label: t("ways.pupils"), number: true, value: (r) => r.walkers, cell: (r) => fixed(r.walkers, 0) },
    { label: t("ways.metres"), number: true, value: (r) => r.metres, cell: (r) => fixed(r.metres, 0) },
  ], rows);
}

function crossingTable(rows) {
  return sortableTable("ways-crossings", t("ways.crossings"), [
    { label: t("ways.roads"), value: (r) => r.roads, cell: (r) => r.roads },
    { label: t("ways.pupils"), number: true, value: (r) => r.walkers, cell: (r) => fixed(r.walkers, 0) },
    { label: t("ways.place"), value: (r) => r.x, cell: (r) => `${fixed(r.x, 0)}, ${fixed(r.y, 0)}` },
  ], rows);
}

function catchmentTable(rows) {
  const schools = (ids) => (ids === null ? NONE : ids.split("+").map((id) => unitName("campus", id)).join(", "));
  const areas = (ids) => (ids === null ? NONE : ids.split("+").map((id) => unitName("area", id)).join(", "));
  return sortableTable("ways-catchments", t("ways.catchments"), [
    { label: t("report.stage"), value: (r) => stageName(r.stage), cell: (r) => stageName(r.stage) },
    { label: t("ways.zone"), value: (r) => schools(r.schools), cell: (r) => schools(r.schools) },
    { label: t("ways.source"), value: (r) => r.source, cell: (r) => word("source", r.source) },
    { label: t("ways.parts"), number: true, value: (r) => r.parts, cell: (r) => String(r.parts) },
    { label: t("ways.detached"), wide: true, value: (r) => areas(r.detached), cell: (r) => areas(r.detached) },
    { label: t("ways.enclaves"), wide: true, value: (r) => schools(r.enclaves), cell: (r) => schools(r.enclaves) },
    { label: t("ways.holds_school"), value: (r) => Number(r.holds_school), cell: (r) => t(r.holds_school ? "report.true" : "report.false") },
  ], rows);
}
