// Demand against places, one chart per stage, drawn as SVG; and the small line beside a school's name.
const PART_COLOURS = { rolls: "#2f5d7c", children: "#6f9dbb", residents: "#b4cddd", housing: "#e0a84f", outside: "#b59cc4" };
const PARTS = Object.keys(PART_COLOURS);
const LEVELS = ["design", "cap", "emergency"];
const CHART = { width: 560, height: 300, left: 52, right: 66, top: 26, bottom: 28 };

function renderCharts() {
  put("charts", STAGES.map((_, stage) => chart(stage)));
}

function chart(stage) {
  const series = chartSeries(stage);
  const title = `${said(STAGES[stage])}`;
  const readout = el("p", { class: "readout", "aria-live": "polite" }, t("report.chart.hint"));
  const picture = drawing(series, title, readout);
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", null, el("h3", null, title), el("p", null, chartSummary(series))),
    picture,
    chartKey(series),
    readout,
    el("details", null, el("summary", null, t("report.chart.table")), chartTable(series, title)),
  );
}

function chartSeries(stage) {
  const parts = PARTS.map((part) => ({ part, values: DATA.parts[part][stage].map((v) => v || 0) }));
  const total = DATA.county.need[stage];
  const levels = LEVELS.map((level) => ({ level, values: DATA.county[`places_${level}`][stage].map((v) => v || 0) }));
  const peak = total.indexOf(Math.max(...total));
  return { stage, parts: parts.filter((p) => p.values.some((v) => v > 0)), total, levels, peak, fan: fanOf(stage) };
}

function chartSummary({ total, levels, peak, stage, fan }) {
  const design = levels[0].values;
  const last = YEARS.length - 1;
  const short = YEARS.map((_, y) => total[y] - design[y]);
  const worst = short.indexOf(Math.max(...short));
  const values = {
    stage: said(STAGES[stage]), first: YEARS[0], last: YEARS[last], peak: YEARS[peak], start: fixed(total[0], 0),
    top: fixed(total[peak], 0), end: fixed(total[last], 0), places: fixed(design[0], 0), places_end: fixed(design[last], 0),
    worst: YEARS[worst], gap: fixed(Math.abs(short[worst]), 0), years: short.filter((gap) => gap > 0).length,
    unfilled: fixed(DATA.county.unfilled[stage][worst], 0), over: fixed(DATA.county.over_design[stage][worst], 0),
  };
  const course = last === 0 ? "report.chart.one_year" : peak === 0 ? "report.chart.falls" : peak === last ? "report.chart.grows" : "report.chart.peaks";
  const supply = design[0] === design[last] ? "report.chart.same_places" : "report.chart.other_places";
  const verdict = `report.chart.${short[worst] > 0 ? "short" : "enough"}${last === 0 ? "_one_year" : ""}`;
  const uneven = DATA.county.over_design[stage][worst] > 0 ? t("report.chart.uneven", values) : "";
  const inflow = DATA.parts.outside[stage].some((v) => v > 0) ? t("report.chart.inflow") : "";
  return [t(course, values), t(supply, values), t(verdict, values), uneven, fanSentence(fan, design), inflow].filter(Boolean).join(state.language === "zh" ? "" : " ");
}

function scaleOf(series) {
  const most = Math.max(1, ...series.total, ...(series.fan ? series.fan.p90 : []), ...series.levels.flatMap((l) => l.values));
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 3, 4, 5, 6, 8, 10].map((m) => m * power).find((s) => s >= rough);
  const ticks = [];
  for (let v = 0; v < most + step * 0.999; v += step) ticks.push(v);
  const { width, height, left, right, top, bottom } = CHART;
  const span = drawn(YEARS).length - 1;
  return {
    ticks,
    x: (y) => left + ((width - left - right) * y) / span,
    y: (v) => height - bottom - ((height - top - bottom) * v) / ticks[ticks.length - 1],
  };
}

// What is drawn from edge to edge: a single year has no course, it stands as a bar.
function drawn(values) {
  return values.length === 1 ? [values[0], values[0]] : values;
}

// Where a year is marked: a single year in the middle of its bar.
function place(year) {
  return YEARS.length === 1 ? 0.5 : year;
}

function drawing(series, title, readout) {
  const { x, y, ticks } = scaleOf(series);
  const { width, height } = CHART;
  const cursor = svg("g", { class: "cursor", visibility: "hidden" }, svg("line", { y1: CHART.top, y2: height - CHART.bottom }));
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-label": `${title}: ${chartSummary(series)}`,
      class: "drawing",
    },
    axes(x, y, ticks), stack(series, x, y), fanBands(series.fan, x, y), levelLines(series, x, y), peakMark(series, x, y), cursor,
  );
  let at = 0;
  const move = (year) => {
    at = Math.max(0, Math.min(YEARS.length - 1, year));
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("transform", `translate(${x(place(at))},0)`);
    readout.textContent = readoutText(series, at);
  };
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const inside = ((event.clientX - box.left) / box.width) * width - CHART.left;
    move(Math.round((inside / (width - CHART.left - CHART.right)) * (YEARS.length - 1)));
  });
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(at + step);
  });
  return picture;
}

function axes(x, y, ticks) {
  const { width, height, left, right, bottom } = CHART;
  const every = Math.ceil(YEARS.length / 8);
  const grid = ticks.map((v) => [
    svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: v === 0 ? "base" : "grid" }),
    svg("text", { x: left - 8, y: y(v) + 4, class: "tick end" }, fixed(v, 0)),
  ]);
  const years = YEARS.map((year, k) => (k % every === 0
    ? svg("text", { x: x(place(k)), y: height - bottom + 18, class: "tick middle" }, String(year))
    : null));
  return svg("g", null, grid, years, svg("text", { x: 4, y: 12, class: "tick" }, t("report.chart.unit")));
}

function stack(series, x, y) {
  const below = drawn(YEARS.map(() => 0));
  return svg("g", null, series.parts.map(({ part, values }) => {
    const floor = [...below];
    drawn(values).forEach((v, k) => { below[k] += v; });
    const edge = below.map((v, k) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`);
    const back = floor.map((v, k) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`).reverse();
    return svg("polygon", { points: [...edge, ...back].join(" "), fill: PART_COLOURS[part], class: "part" });
  }));
}

function levelLines(series, x, y) {
  const last = drawn(YEARS).length - 1;
  const lines = series.levels.map(({ level, values }) => svg("polyline", { points: points(drawn(values), x, y), class: `level ${level}` }));
  const names = levelNames(series.levels.map(({ level, values }) => ({ level, at: y(drawn(values)[last]) })));
  const edge = x(last);
  return svg("g", null, lines, names.map(({ text, at, label }) => [
    Math.abs(label - at) > 2 ? svg("line", { x1: edge, x2: edge + 6, y1: at, y2: label, class: "leader" }) : null,
    svg("text", { x: edge + 8, y: label + 4, class: "name" }, text),
  ]));
}

// Names at the ends of the lines: levels on one height share a name, names too close are moved upwards.
function levelNames(ends) {
  const names = [];
  for (const { level, at } of ends.toSorted((a, b) => b.at - a.at)) {
    const below = names[names.length - 1];
    const text = t(`report.level.${level}`);
    if (below && Math.abs(below.at - at) < 1) below.text = `${below.text} · ${text}`;
    else names.push({ text, at, label: below ? Math.min(at, below.label - 17) : at });
  }
  return names;
}

function points(values, x, y) {
  return values.map((v, k) => (v === null ? null : `${x(k).toFixed(1)},${y(v).toFixed(1)}`)).filter(Boolean).join(" ");
}

function peakMark({ total, peak }, x, y) {
  const end = peak > YEARS.length * 0.7;
  const text = `${t("report.chart.peak")} ${YEARS[peak]} · ${fixed(total[peak], 0)}`;
  return svg(
    "g", { class: "peak" },
    svg("circle", { cx: x(place(peak)), cy: y(total[peak]), r: 3.5 }),
    svg("text", { x: x(place(peak)) + (end ? 4 : -4), y: y(total[peak]) - 8, class: end ? "end" : place(peak) === 0 ? "" : "middle" }, text),
  );
}

function readoutText(series, y) {
  const parts = series.parts.map(({ part, values }) => `${t(`part.${part}`)} ${fixed(values[y], 0)}`);
  const levels = series.levels.map(({ level, values }) => `${t(`level.${level}`)} ${fixed(values[y], 0)}`);
  const text = t("report.chart.readout", {
    year: YEARS[y], pupils: fixed(series.total[y], 0), parts: parts.join(" · "), places: levels.join(" · "),
  });
  return series.fan ? `${text}${joint()}${fanReadout(series.fan, y)}` : text;
}

function chartKey(series) {
  const parts = series.parts.map(({ part }) => el("li", null, swatch(PART_COLOURS[part]), capital(t(`part.${part}`))));
  const lines = LEVELS.map((level) => el("li", null,
    svg("svg", { viewBox: "0 0 26 10", class: "line", "aria-hidden": "true" }, svg("line", { x1: 1, x2: 25, y1: 5, y2: 5, class: `level ${level}` })),
    capital(t(`metric.places_${level}`))));
  return el("ul", { class: "key" }, parts, fanKey(series.fan), lines);
}

function swatch(colour) {
  return svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" }, svg("rect", { width: 12, height: 12, rx: 2, fill: colour }));
}

function chartTable(series, title) {
  const heads = [
    t("report.year"), ...series.parts.map((p) => t(`part.${p.part}`)), capital(t("metric.need")), ...fanHeads(series.fan),
    ...LEVELS.map((l) => t(`metric.places_${l}`)),
  ];
  const rows = YEARS.map((year, y) => [
    String(year), ...series.parts.map((p) => fixed(p.values[y], 0)), fixed(series.total[y], 0), ...fanCells(series.fan, y),
    ...series.levels.map((l) => fixed(l.values[y], 0)),
  ]);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, plainTable(title, heads, rows));
}

// The course of a share over the years, with a line at one; years without a figure are left out.
function spark(values, label) {
  const known = values.filter((v) => v !== null);
  if (!known.length) return NONE;
  const top = Math.max(1.2, ...known);
  const x = (k) => 2 + (76 * k) / Math.max(1, YEARS.length - 1);
  const y = (v) => 20 - (18 * v) / top;
  return svg(
    "svg", { viewBox: "0 0 80 22", class: "spark", role: "img", "aria-label": label },
    svg("line", { x1: 2, x2: 78, y1: y(1), y2: y(1), class: "limit" }),
    svg("polyline", { points: points(values, x, y) }),
  );
}
