// Sampled futures: the fan over a chart and what it says; where pupils come from; how forecasts have done.
const FAN_QUANTILES = ["p10", "p25", "p50", "p75", "p90"];

// The fan of a stage: quantile → one figure per year; null for a run without sampled futures.
function fanOf(stage) {
  return DATA.fan && Object.fromEntries(Object.entries(DATA.fan).map(([name, stages]) => [name, stages[stage]]));
}

function fanBands(fan, x, y) {
  if (!fan || YEARS.length === 1) return null;
  const band = (low, high, name) => {
    const there = fan[low].map((v, k) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`);
    const back = fan[high].map((v, k) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`).reverse();
    return svg("polygon", { points: [...there, ...back].join(" "), class: `fan ${name}` });
  };
  return svg("g", null, band("p10", "p90", "outer"), band("p25", "p75", "inner"));
}

// What the futures say of the tightest year: the one in which the pupils nine futures in ten stay below exceed design most.
function fanSentence(fan, design) {
  if (!fan) return "";
  const over = fan.p90.map((pupils, k) => pupils - design[k]);
  const year = over.indexOf(Math.max(...over));
  const values = {
    year: YEARS[year], design: percent(fan.chance_over_design[year]), cap: percent(fan.chance_over_cap[year]),
    last: YEARS[YEARS.length - 1], low: fixed(fan.p10[YEARS.length - 1], 0), high: fixed(fan.p90[YEARS.length - 1], 0),
  };
  return t(fan.chance_over_design[year] > 0 ? "report.fan.risk" : "report.fan.no_risk", values);
}

function fanReadout(fan, y) {
  return t("report.fan.readout", {
    low: fixed(fan.p10[y], 0), high: fixed(fan.p90[y], 0), design: percent(fan.chance_over_design[y]), cap: percent(fan.chance_over_cap[y]),
  });
}

function fanKey(fan) {
  if (!fan || YEARS.length === 1) return [];
  const mark = (name) => svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, svg("rect", { width: 12, height: 12, rx: 2, class: `fan ${name}` }));
  return [el("li", null, mark("outer"), t("report.fan.outer")), el("li", null, mark("inner"), t("report.fan.inner"))];
}

function fanHeads(fan) {
  return fan ? [...FAN_QUANTILES.map((q) => t(`report.fan.${q}`)), t("report.fan.chance_over_design"), t("report.fan.chance_over_cap")] : [];
}

function fanCells(fan, y) {
  return fan ? [...FAN_QUANTILES.map((q) => fixed(fan[q][y], 0)), percent(fan.chance_over_design[y]), percent(fan.chance_over_cap[y])] : [];
}

// ------------------------------------------------------------------------------------------------ where pupils come from
function renderPupils() {
  const { entrants, waterfall } = DATA.pupils;
  put("pupils-list", waterfall.length ? [entrantsBlock(entrants), el("div", { class: "over-table" }, STAGES.map((s) => waterfallBlock(s, waterfall)))] : el("p", { class: "nothing" }, t("report.none")));
}

function sourceName(source) {
  return word("source", source);
}

function entrantsBlock({ years, sources, disaggregated }) {
  if (!sources.length) return null;
  const heads = [t("report.pupils.source"), ...years.map(String)];
  const total = years.map((_, k) => sources.reduce((sum, [, values]) => sum + (values[k] || 0), 0));
  const rows = sources.map(([source, values]) => [capital(sourceName(source)), ...values.map((v) => fixed(v, 0))]);
  const marked = disaggregated.some((v) => v > 0) ? [[t("report.pupils.disaggregated"), ...disaggregated.map((v) => fixed(v, 0))]] : [];
  const title = t("report.pupils.entrants");
  const table = plainTable(title, heads, [...rows, [t("report.pupils.total"), ...total.map((v) => fixed(v, 0))], ...marked]);
  return el("section", { class: "stage" }, el("h3", null, title), el("div", { class: "sideways", tabindex: "0", role: "region", "aria-label": title }, table));
}

function waterfallBlock(stage, waterfall) {
  const rows = waterfall.filter((row) => row.stage === stage.id);
  const title = `${said(stage)} · ${t("report.pupils.waterfall")}`;
  if (!rows.length) return null;
  const name = (row) => capital(row.source ? `${word("waterfall", row.component)}: ${sourceName(row.source)}` : word("waterfall", row.component));
  const body = rows.map((row) => [name(row), ...row.pupils.map((v) => (row.component === "last_year" ? fixed(v, 0) : signed(Math.round(v))))]);
  const sums = YEARS.slice(1).map((_, k) => rows.reduce((sum, row) => sum + (row.pupils[k] || 0), 0));
  const table = plainTable(title, ["", ...YEARS.slice(1).map(String)], [...body, [t("report.pupils.this_year"), ...sums.map((v) => fixed(v, 0))]]);
  return el("details", null, el("summary", null, title), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table));
}

// ------------------------------------------------------------------------------------------------ how forecasts have done
const METHOD_COLOURS = { placesim: "#1c5a78", three_year_progression: "#e0a84f", last_year: "#b9b4a8" };

function renderBacktest() {
  const rows = DATA.backtest;
  if (!rows.length) return void put("backtest-list", el("p", { class: "nothing" }, t("report.backtest.none")));
  const stages = STAGES.filter((s) => rows.some((r) => r.stage === s.id));
  put("backtest-list", el("div", { class: "charts" }, stages.map((s) => backtestChart(s, rows.filter((r) => r.stage === s.id)))), backtestTable(rows));
}

// Bars of the mean absolute error of schools' rolls by horizon, one per method.
function backtestChart(stage, rows) {
  const shown = rows.filter((r) => r.level === "school");
  const horizons = [...new Set(shown.map((r) => r.horizon))].sort((a, b) => a - b);
  const methods = Object.keys(METHOD_COLOURS).filter((m) => shown.some((r) => r.method === m));
  const top = Math.max(0.01, ...shown.map((r) => r.mape || 0));
  const [width, height, left, bottom] = [460, 190, 44, 26];
  const y = (v) => height - bottom - ((height - bottom - 14) * v) / top;
  const slot = (width - left - 8) / Math.max(1, horizons.length);
  const bar = (horizon, h, method, m) => {
    const row = shown.find((r) => r.horizon === horizon && r.method === method);
    if (!row || row.mape === null) return null;
    const wide = (slot * 0.72) / methods.length;
    return svg("rect", { x: left + h * slot + slot * 0.14 + m * wide, y: y(row.mape), width: wide - 1.5, height: Math.max(0, height - bottom - y(row.mape)), fill: METHOD_COLOURS[method] }, svg("title", null, `${word("backtest.method", method)}: ${percent(row.mape, 1)}`));
  };
  const ticks = [0, top / 2, top].map((v) => svg("g", null, svg("line", { x1: left, x2: width, y1: y(v), y2: y(v), class: v === 0 ? "base" : "grid" }), svg("text", { x: left - 6, y: y(v) + 4, class: "tick end" }, percent(v, 1))));
  const names = horizons.map((h, k) => svg("text", { x: left + k * slot + slot / 2, y: height - 8, class: "tick middle" }, t("report.backtest.ahead", { years: h })));
  const title = said(stage);
  return el(
    "figure", { class: "chart" }, el("figcaption", null, el("h3", null, title), el("p", null, t("report.backtest.chart"))),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "drawing", role: "img", "aria-label": `${title}: ${t("report.backtest.chart")}` }, ticks, horizons.map((h, k) => methods.map((m, j) => bar(h, k, m, j))), names),
    el("ul", { class: "key" }, methods.map((m) => el("li", null, swatch(METHOD_COLOURS[m]), word("backtest.method", m)))),
  );
}

function backtestTable(rows) {
  const share = (label, of, digits = 1) => ({ label, number: true, value: of, cell: (r) => percent(of(r), digits) });
  return el("details", null, el("summary", null, t("report.backtest.table")), sortableTable("backtest", t("report.section.backtest"), [
    { label: t("report.stage"), value: (r) => stageName(r.stage), cell: (r) => stageName(r.stage) },
    { label: t("report.backtest.level"), value: (r) => word("backtest.level", r.level), cell: (r) => word("backtest.level", r.level) },
    { label: t("report.backtest.method"), value: (r) => word("backtest.method", r.method), cell: (r) => word("backtest.method", r.method) },
    { label: t("report.backtest.horizon"), number: true, value: (r) => r.horizon, cell: (r) => String(r.horizon) },
    share(t("report.backtest.mape"), (r) => r.mape),
    share(t("report.backtest.bias"), (r) => r.bias),
    share(t("report.backtest.coverage"), (r) => r.coverage, 0),
    { label: t("report.backtest.count"), number: true, value: (r) => r.n, cell: (r) => fixed(r.n, 0) },
  ], rows));
}
