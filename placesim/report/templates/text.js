// Words, numbers and elements. User text only ever becomes text nodes and attributes, never markup.
"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
const STAGES = DATA.meta.stages;
const YEARS = DATA.meta.years;
const NONE = "–";
const state = { language: DATA.meta.language, stage: 0, year: 0, layer: "pupils" };

function has(key) {
  return Object.hasOwn(DATA.text[state.language], key);
}

function t(key, values) {
  const text = has(key) ? DATA.text[state.language][key] : key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));
}

// The word for a value of a closed list; a value of a user's own rule pack stands for itself.
function word(prefix, value) {
  if (value === null || value === undefined) return NONE;
  return has(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : String(value);
}

function said(pair) {
  return pair[state.language] || pair.en || pair.zh || "";
}

function stageName(id) {
  const one = (part) => {
    const stage = STAGES.find((s) => s.id === part);
    return stage ? said(stage) : part;
  };
  return id.split("+").map(one).join("+");
}

// [id, name, name in English, …]: the name in the language of the page, else the other one, else the id.
function nameOf(row) {
  const [id, name, english] = row;
  return (state.language === "zh" ? name || english : english || name) || id;
}

// Heads of rows and columns begin with a capital where the language has them.
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function joint() {
  return state.language === "zh" ? "；" : "; ";
}

// ------------------------------------------------------------------------------------------------ numbers
function locale() {
  return state.language === "zh" ? "zh-CN" : "en-GB";
}

function fixed(value, digits) {
  if (value === null || value === undefined) return NONE;
  const text = value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return text.replace("-", "−");
}

function percent(value, digits = 0) {
  return value === null || value === undefined ? NONE : `${fixed(value * 100, digits)}%`;
}

// A figure as its metric is read: shares in per cent, minutes and class sizes with one decimal, counts whole.
function figure(metric, value) {
  const unit = DATA.units[metric];
  if (unit === "share") return percent(value);
  return fixed(value, unit === "minutes" || unit === "pupils per class" ? 1 : 0);
}

function unitOf(metric) {
  const unit = DATA.units[metric];
  return unit === "share" ? "" : t(`unit.${unit}`);
}

// A metric's name as the head of a column, with its unit where the name does not say it.
function headOf(metric) {
  const [name, unit] = [capital(t(`metric.${metric}`)), unitOf(metric)];
  return !unit || name.toLowerCase().includes(unit.toLowerCase()) ? name : `${name} (${unit})`;
}

function signed(value) {
  return value > 0 ? `+${fixed(value, 0)}` : fixed(value, 0);
}

// ------------------------------------------------------------------------------------------------ elements
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function put(id, ...children) {
  const node = document.getElementById(id);
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined));
  return node;
}

// One of a few: a group of buttons of which one is pressed.
function choice(label, options, chosen, choose) {
  const buttons = options.map(([value, text]) =>
    el("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => choose(value) }, text),
  );
  return el("div", { class: "choice", role: "group", "aria-label": label }, buttons);
}

// ------------------------------------------------------------------------------------------------ what is shown
const listeners = [];

function onChange(listener) {
  listeners.push(listener);
}

function show(change) {
  const language = "language" in change && change.language !== state.language;
  Object.assign(state, change);
  for (const listener of listeners) listener(language);
}
