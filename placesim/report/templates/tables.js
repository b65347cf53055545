// Tables that sort by any column, by mouse or keyboard.
const sorting = {};

// columns: { label, value(row) → what is compared, cell(row) → text or node, number, wide, hint }; rows: any.
function sortableTable(id, caption, columns, rows) {
  const table = el("table", { class: "data" });
  const wrapper = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table);
  const draw = () => {
    const order = sorting[id];
    const shown = order ? sorted(rows, columns[order.column], order.down) : rows;
    const heads = columns.map((column, k) => head(column, order && order.column === k ? order : null, () => {
      const down = order && order.column === k ? !order.down : Boolean(column.number);
      sorting[id] = { column: k, down };
      draw();
      table.querySelectorAll("th button")[k].focus();
    }));
    const body = shown.map((row) => el("tr", null, columns.map((c) => el("td", { class: c.number ? "number" : c.wide ? "wide-cell" : "words" }, c.cell(row)))));
    table.replaceChildren(
      el("caption", { class: "hidden" }, caption),
      el("thead", null, el("tr", null, heads)),
      el("tbody", null, body),
    );
  };
  draw();
  return rows.length ? wrapper : el("p", { class: "nothing" }, t("report.none"));
}

function head(column, order, sort) {
  const direction = order ? (order.down ? "descending" : "ascending") : "none";
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, order ? (order.down ? "▾" : "▴") : "");
  const button = el("button", { type: "button", onclick: sort, title: column.hint || null }, column.label, mark);
  return el("th", { scope: "col", "aria-sort": direction, class: column.number ? "number" : null }, button);
}

function sorted(rows, column, down) {
  const blank = (v) => v === null || v === undefined;
  const compare = (a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (blank(x) || blank(y)) return blank(x) - blank(y);
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), locale());
    return down ? -order : order;
  };
  return [...rows].sort(compare);
}

// A plain table of a few rows: heads, then cells; the first column names the row.
function plainTable(caption, heads, rows, options) {
  const cells = (row) => row.map((cell, k) => (k === 0 ? el("th", { scope: "row" }, cell) : el("td", { class: "number" }, cell)));
  return el(
    "table",
    { class: `plain ${(options && options.class) || ""}` },
    el("caption", { class: "hidden" }, caption),
    el("thead", null, el("tr", null, heads.map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", null, rows.map((row) => el("tr", null, cells(row)))),
  );
}
