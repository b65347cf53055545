// The map: areas as polygons, schools as circles, all in local metres; the table beside it says the same in words.
const AREA_LAYERS = ["unplaced_share", "pupils", "minutes_mean"];
const SECTIONS = DATA.sections;
const LIMITS = { smallest: 4, largest: 17 };
const view = {};

// ------------------------------------------------------------------------------------------------ figures
function classOf(scale, value) {
  if (value === null || value === undefined) return -1;
  const at = DATA.scales[scale].breaks.findIndex((limit) => value <= limit);
  return at === -1 ? DATA.scales[scale].breaks.length : at;
}

function colourOf(scale, value) {
  const at = classOf(scale, value);
  return at === -1 ? "#ffffff" : DATA.scales[scale].colours[at];
}

function areaValue(layer, area) {
  const of = (metric) => DATA.area_values[metric][state.stage][area][state.year];
  if (layer !== "unplaced_share") return of(layer);
  return of("pupils") > 0 ? of("unplaced") / of("pupils") : null;
}

function sectionFigure(metric, section) {
  return SECTIONS[metric][section][state.year];
}

function typologyOf(section, year = state.year) {
  return SECTIONS.typologies[SECTIONS.typology[section][year]] || null;
}

function shownSections() {
  const all = SECTIONS.school.map((_, section) => section);
  return all.filter((s) => SECTIONS.stage[s] === state.stage && sectionFigure("places_design", s) !== null);
}

// ------------------------------------------------------------------------------------------------ layers
const latlng = ([x, y]) => [y, x];

function path(deltas) {
  let [x, y] = [0, 0];
  const line = [];
  for (let k = 0; k < deltas.length; k += 2) {
    x += deltas[k];
    y += deltas[k + 1];
    line.push(latlng([x, y]));
  }
  return line;
}

const polygon = (parts) => parts.map((rings) => rings.map(path));

function startMap() {
  const [width, height] = DATA.map.size;
  const map = L.map("map", {
    crs: L.CRS.Simple, minZoom: -12, maxZoom: 4, zoomSnap: 0.25, zoomControl: false, attributionControl: false,
    fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false,
  });
  const bounds = [[0, 0], [height, width]];
  map.fitBounds(bounds, { padding: [12, 12] });
  map.setMaxBounds(L.latLngBounds(bounds).pad(0.5));
  map.setMinZoom(map.getZoom() - 0.5);
  L.control.scale({ imperial: false }).addTo(map);
  for (const [name, order] of [["areas", 410], ["roads", 420], ["regions", 430], ["schools", 450], ["names", 460]]) {
    map.createPane(name).style.zIndex = order;
  }
  for (const name of ["roads", "regions", "names"]) map.getPane(name).style.pointerEvents = "none";
  view.map = map;
  view.areas = DATA.map.areas.map((rings, area) => areaPolygon(rings, area));
  L.polyline(DATA.map.roads.map(path), { pane: "roads", interactive: false, className: "road" }).addTo(map);
  const outlines = Object.values(DATA.map.regions).map((r) => polygon(r.rings));
  outlines.forEach((rings) => L.polygon(rings, { pane: "regions", interactive: false, className: "region" }).addTo(map));
  view.schools = DATA.map.schools.map((at, school) => (at === null ? null : schoolMarker(at, school)));
  view.names = L.layerGroup().addTo(map);
  zoomButtons(map);
  map.on("zoomend", thinNames);
}

function zoomButtons(map) {
  const control = L.control({ position: "topright" });
  control.onAdd = () => {
    view.zoom = [["+", "report.map.zoom_in", () => map.zoomIn(0.5)], ["–", "report.map.zoom_out", () => map.zoomOut(0.5)],
      ["⌂", "report.map.whole", () => map.fitBounds([[0, 0], DATA.map.size.toReversed()], { padding: [12, 12] })]].map(
      ([sign, key, act]) => ({ key, button: el("button", { type: "button", onclick: act }, sign) }));
    const box = el("div", { class: "zoom leaflet-bar" }, view.zoom.map((z) => z.button));
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  control.addTo(map);
}

function areaPolygon(rings, area) {
  const layer = L.polygon(polygon(rings), { pane: "areas", className: "area", fillOpacity: 1, stroke: true }).addTo(view.map);
  return withPopup(layer, () => areaCard(area), () => areaLabel(area));
}

function schoolMarker(at, school) {
  const layer = L.circleMarker(latlng(at), { pane: "schools", className: "school", fillOpacity: 1 }).addTo(view.map);
  return withPopup(layer, () => schoolCard(school), () => schoolLabel(school));
}

function withPopup(layer, card, label) {
  layer.bindPopup(card, { maxWidth: 320, minWidth: 240, autoPanPadding: [20, 20] });
  layer.bindTooltip(() => el("span", null, label()), { sticky: true, direction: "top", className: "tip" });
  layer.on("popupopen", ({ popup }) => {
    layer.closeTooltip();
    const close = popup.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", t("report.map.close"));
    popup.getElement().onkeydown = (event) => event.key === "Escape" && layer.closePopup();
    if (document.activeElement === layer.getElement()) close.focus();
  });
  // A card that closes takes the focus with it: give it back to what the card was about.
  layer.on("popupclose", () => {
    if (document.activeElement === document.body) layer.getElement().focus({ preventScroll: true });
  });
  return layer;
}

// ------------------------------------------------------------------------------------------------ keyboard
// One stop of the Tab key per layer; arrows go from feature to feature, Enter opens.
function rove(kind) {
  const layers = view[kind].filter((layer) => layer && layer.getElement() && !layer.hiddenNow);
  layers.forEach((layer, k) => {
    const node = layer.getElement();
    node.setAttribute("tabindex", k === 0 ? "0" : "-1");
    node.setAttribute("role", "button");
    node.onkeydown = (event) => {
      const next = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") layer.openPopup();
      else if (event.key === "Escape") layer.closePopup();
      else if (next) layers[(k + next + layers.length) % layers.length].getElement().focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
  });
}

// ------------------------------------------------------------------------------------------------ drawing a year
function drawMap(language) {
  view.areas.forEach((layer, area) => {
    layer.setStyle({ fillColor: colourOf(state.layer, areaValue(state.layer, area)) });
    layer.getElement().setAttribute("aria-label", areaLabel(area));
  });
  const section = new Map(shownSections().map((s) => [SECTIONS.school[s], s]));
  view.schools.forEach((layer, school) => layer && drawSchool(layer, school, section.get(school)));
  stackSchools();
  if (language) drawNames();
  else thinNames();
  rove("areas");
  rove("schools");
  const popup = view.map._popup;
  if (popup && popup.isOpen()) popup.update();
}

function drawSchool(layer, school, section) {
  layer.hiddenNow = section === undefined;
  const node = layer.getElement();
  node.classList.toggle("away", layer.hiddenNow);
  if (layer.hiddenNow) {
    node.setAttribute("tabindex", "-1");
    return;
  }
  const kind = typologyOf(section);
  layer.setRadius(radius(sectionFigure("roll", section)));
  layer.setStyle({ fillColor: colourOf("utilisation", sectionFigure("utilisation", section)) });
  node.classList.toggle("crowded", kind === "crowded");
  node.classList.toggle("underused", kind === "underused");
  node.setAttribute("aria-label", schoolLabel(school));
}

// Small circles lie upon large ones. Moving an element takes the focus from it, so not while a school has it.
function stackSchools() {
  if (document.activeElement.classList.contains("school")) return;
  const shown = view.schools.filter((layer) => layer && !layer.hiddenNow);
  for (const layer of shown.toSorted((a, b) => b.getRadius() - a.getRadius())) layer.bringToFront();
}

// The area of a circle follows the roll, on one scale for all stages and years.
function radius(roll) {
  const most = view.most ??= Math.max(1, ...SECTIONS.roll.flat().map((v) => v || 0));
  return Math.max(LIMITS.smallest, LIMITS.largest * Math.sqrt((roll || 0) / most));
}

function drawNames() {
  view.names.clearLayers();
  for (const [id, region] of Object.entries(DATA.map.regions)) {
    const row = DATA.planning_areas.find((r) => r[0] === id) || [id, null, null];
    const icon = L.divIcon({ className: "place", iconSize: [170, 16], html: el("span", null, nameOf(row)) });
    const marker = L.marker(latlng(region.anchor), { pane: "names", icon, interactive: false, keyboard: false }).addTo(view.names);
    marker.people = peopleOf(id);
  }
  thinNames();
  for (const { key, button } of view.zoom) {
    button.setAttribute("aria-label", t(key));
    button.setAttribute("title", t(key));
  }
}

// Names give way to schools, then to names of places with more pupils: moved up or down, else left out.
const SHIFTS = [0, -18, 18, -34, 34, -50, 50];

function thinNames() {
  const schools = view.schools.filter((layer) => layer && !layer.hiddenNow).map((layer) => layer.getElement().getBoundingClientRect());
  const kept = [];
  const markers = view.names.getLayers().toSorted((a, b) => b.people - a.people);
  for (const node of markers.map((marker) => marker.getElement())) {
    node.classList.remove("hidden-now");
    const name = node.firstChild;
    name.style.top = "0";
    const box = name.getBoundingClientRect();
    const free = (shift) => ![...kept, ...schools].some((k) => clash(box, shift, k));
    const shift = SHIFTS.find(free);
    if (shift === undefined) {
      node.classList.add("hidden-now");
      continue;
    }
    name.style.top = `${shift}px`;
    kept.push(name.getBoundingClientRect());
  }
}

function clash(box, shift, other) {
  return box.left < other.right && other.left < box.right && box.top + shift < other.bottom && other.top < box.bottom + shift;
}

function peopleOf(region) {
  const stages = DATA.area_values.pupils;
  return DATA.areas.reduce((sum, row, area) => (row[4] === region ? sum + stages.reduce((all, s) => all + (s[area][0] || 0), 0) : sum), 0);
}

// ------------------------------------------------------------------------------------------------ labels and cards
function areaLabel(area) {
  return `${nameOf(DATA.areas[area])} · ${layerName(state.layer)} ${layerFigure(state.layer, areaValue(state.layer, area))}`;
}

function schoolLabel(school) {
  const section = shownSections().find((s) => SECTIONS.school[s] === school);
  if (section === undefined) return nameOf(DATA.schools[school]);
  const kind = typologyOf(section);
  const share = `${t("metric.utilisation")} ${percent(sectionFigure("utilisation", section))}`;
  return `${nameOf(DATA.schools[school])} · ${share}${kind && kind !== "balanced" ? ` · ${t(`typology.${kind}`)}` : ""}`;
}

function layerName(layer) {
  return capital(t(layer === "unplaced_share" ? "report.layer.unplaced_share" : `metric.${layer}`));
}

function layerFigure(layer, value) {
  return layer === "unplaced_share" ? percent(value, 1) : figure(layer, value);
}

function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))));
}

function card(title, kind, ...body) {
  const when = `${said(STAGES[state.stage])} · ${YEARS[state.year]}`;
  return el("div", { class: "card" }, el("h4", null, title), el("p", { class: "when" }, when, kind), body);
}

function schoolCard(school) {
  const section = shownSections().find((s) => SECTIONS.school[s] === school);
  const title = nameOf(DATA.schools[school]);
  if (section === undefined) return card(title, null, el("p", null, t("report.map.closed")));
  const kind = typologyOf(section);
  const of = (metric) => `${figure(metric, sectionFigure(metric, section))} ${unitOf(metric)}`.trim();
  const course = SECTIONS.utilisation[section];
  return card(
    title,
    kind ? el("span", { class: `tag ${kind}` }, t(`typology.${kind}`)) : null,
    facts([
      [capital(t("metric.roll")), of("roll")],
      ...(sectionFigure("roll_actual", section) === null ? [] : [
        [capital(t("metric.roll_actual")), of("roll_actual")],
        [capital(t("metric.residual")), signed(sectionFigure("residual", section))],
      ]),
      [capital(t("metric.places_design")), of("places_design")],
      [capital(t("metric.utilisation")), of("utilisation")],
      ...(DATA.fan ? [[t("report.fan.school_over_cap"), percent(sectionFigure("chance_over_cap", section))]] : []),
      [capital(t("metric.class_size")), of("class_size")],
      [capital(t("metric.large_classes")), of("large_classes")],
      [t("report.map.class_basis"), word("class_basis", SECTIONS.bases[sectionFigure("class_basis", section)])],
      [capital(t("metric.minutes_mean")), of("minutes_mean")],
      [t("report.map.binding"), word("binding", SECTIONS.bindings[sectionFigure("binding", section)])],
    ]),
    el("p", { class: "course" }, spark(course, t("report.map.course")), ` ${YEARS[0]}–${YEARS[YEARS.length - 1]}`),
  );
}

function areaCard(area) {
  const row = DATA.areas[area];
  const of = (metric) => `${figure(metric, DATA.area_values[metric][state.stage][area][state.year])} ${unitOf(metric)}`.trim();
  const region = DATA.planning_areas.find((r) => r[0] === row[4]);
  return card(
    nameOf(row), null,
    facts([
      [t("report.map.region"), region ? nameOf(region) : NONE],
      [t("report.area_type"), word("area_type", row[3])],
      [capital(t("metric.pupils")), of("pupils")],
      [capital(t("metric.unplaced")), of("unplaced")],
      [capital(t("metric.minutes_mean")), of("minutes_mean")],
    ]),
  );
}
