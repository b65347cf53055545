// What stands beside and below the map: stage, year, layer, legend, the look-up, and the same figures as tables.
let playing = null;

function renderPanel() {
  put("map-stage", choice(t("report.stage"), STAGES.map((s, k) => [k, said(s)]), state.stage, (stage) => show({ stage })));
  put("map-layer", choice(t("report.map.areas"), AREA_LAYERS.map((l) => [l, layerName(l)]), state.layer, (layer) => show({ layer })));
  const slider = document.getElementById("year");
  slider.value = String(state.year);
  slider.setAttribute("aria-valuetext", yearText());
  put("year-shown", String(YEARS[state.year]));
  put("map-said", mapSentence());
  put("legend-schools", legend("utilisation", DATA.scales.utilisation, true));
  put("legend-areas", legend(state.layer, DATA.scales[state.layer], false));
  put("legend-areas-title", t("report.map.legend_areas", { layer: layerName(state.layer) }));
}

function yearText() {
  return t("report.map.year_text", { year: YEARS[state.year] });
}

function mapSentence() {
  const sections = shownSections();
  const count = (kind) => sections.filter((s) => typologyOf(s) === kind).length;
  return t("report.map.said", {
    year: YEARS[state.year], stage: said(STAGES[state.stage]), schools: sections.length,
    crowded: count("crowded"), underused: count("underused"),
    pupils: fixed(DATA.county.need[state.stage][state.year], 0),
    unplaced: fixed(DATA.county.unplaced[state.stage][state.year], 0),
  });
}

function legend(name, scale, round) {
  const shape = (colour) => svg("svg", { viewBox: "0 0 16 16", class: "swatch", "aria-hidden": "true" }, round
    ? svg("circle", { cx: 8, cy: 8, r: 6.5, fill: colour, class: "school" })
    : svg("rect", { x: 0.5, y: 1.5, width: 15, height: 13, rx: 2, fill: colour, class: "area" }));
  const unit = DATA.units[name] && DATA.units[name] !== "share" ? ` ${unitOf(name)}` : "";
  return scale.colours.map((colour, k) => el("li", null, shape(colour), scale.labels[k] + unit));
}

function startPanel() {
  const slider = document.getElementById("year");
  slider.max = String(YEARS.length - 1);
  document.querySelector(".year-row").hidden = YEARS.length === 1;
  slider.addEventListener("input", () => { stop(); show({ year: Number(slider.value) }); });
  document.getElementById("play").addEventListener("click", () => (playing ? stop() : play()));
  document.getElementById("find").addEventListener("change", (event) => find(event.target));
  document.getElementById("map-table").addEventListener("toggle", renderMapTable);
}

function play() {
  if (state.year === YEARS.length - 1) show({ year: 0 });
  playing = setInterval(() => {
    if (state.year < YEARS.length - 1) show({ year: state.year + 1 });
    if (state.year === YEARS.length - 1) stop();
  }, 900);
  renderPlay();
}

function stop() {
  clearInterval(playing);
  playing = null;
  renderPlay();
}

function renderPlay() {
  const button = document.getElementById("play");
  button.textContent = playing ? "❚❚" : "▶";
  button.setAttribute("aria-label", t(playing ? "report.map.pause" : "report.map.play"));
}

function renderFind() {
  const rows = DATA.schools.map((row, k) => [k, nameOf(row)]).filter(([k]) => DATA.map.schools[k] !== null);
  rows.sort((a, b) => a[1].localeCompare(b[1], locale()));
  put("find", el("option", { value: "" }, t("report.map.find")), rows.map(([k, name]) => el("option", { value: k }, name)));
}

// Go to a school: at its own stage if it does not teach the one shown.
function find(select) {
  if (select.value === "") return;
  const school = Number(select.value);
  const taught = SECTIONS.stage.filter((_, s) => SECTIONS.school[s] === school);
  if (taught.length && !taught.includes(state.stage)) show({ stage: taught[0] });
  const layer = view.schools[school];
  view.map.setView(layer.getLatLng(), Math.max(view.map.getZoom(), view.map.getMinZoom() + 2));
  layer.openPopup();
}

// ------------------------------------------------------------------------------------------------ as tables
function renderMapTable() {
  if (!document.getElementById("map-table").open) return;
  const when = `${said(STAGES[state.stage])} · ${YEARS[state.year]}`;
  put("map-table-schools", el("h3", null, `${t("report.map.schools")} · ${when}`), sortableTable("map-schools", t("report.map.schools"), schoolColumns(), shownSections()));
  put("map-table-areas", el("h3", null, `${t("report.map.areas")} · ${when}`), sortableTable("map-areas", t("report.map.areas"), areaColumns(), DATA.areas.map((_, k) => k)));
}

function metricColumn(metric, value) {
  return {
    label: headOf(metric), hint: t(`report.about.${metric}`), number: true, value,
    cell: (row) => figure(metric, value(row)),
  };
}

function schoolColumns() {
  const metric = (name) => metricColumn(name, (s) => sectionFigure(name, s));
  const name = (s) => nameOf(DATA.schools[SECTIONS.school[s]]);
  const kind = (s) => word("typology", typologyOf(s));
  const basis = (s) => word("class_basis", SECTIONS.bases[sectionFigure("class_basis", s)]);
  const binding = (s) => word("binding", SECTIONS.bindings[sectionFigure("binding", s)]);
  const chance = (s) => sectionFigure("chance_over_cap", s);
  return [
    { label: t("report.school"), value: name, cell: name },
    metric("roll"), ...(state.year === 0 ? [metric("roll_actual"), metric("residual")] : []), metric("places_design"), metric("utilisation"), metric("class_size"), metric("large_classes"), { label: t("report.map.class_basis"), value: basis, cell: basis }, metric("minutes_mean"),
    ...(DATA.fan ? [{ label: t("report.fan.school_over_cap"), hint: t("report.about.chance_over_cap"), number: true, value: chance, cell: (s) => percent(chance(s)) }] : []),
    { label: t("report.typology"), value: kind, cell: kind },
    { label: t("report.map.binding"), value: binding, cell: binding },
  ];
}

function areaColumns() {
  const metric = (name) => metricColumn(name, (area) => DATA.area_values[name][state.stage][area][state.year]);
  const name = (area) => nameOf(DATA.areas[area]);
  const kind = (area) => word("area_type", DATA.areas[area][3]);
  return [
    { label: t("report.area"), value: name, cell: name },
    { label: t("report.area_type"), value: kind, cell: kind },
    metric("pupils"), metric("unplaced"), metric("minutes_mean"),
  ];
}
