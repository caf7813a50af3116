// Tables: what every picture can also be read as.

import { el } from "../dom.js";
import { t } from "../i18n.js";
import { breakable } from "./label-name.js";

// Columns that paper has room for.
const PRINTED = 9;

/**
 * A table that scrolls inside its own frame; on paper it has its first columns, and says so.
 * @param {string} caption
 * @param {Array<{name: string, number?: boolean}>} columns
 * @param {Array<Array>} rows cells are text or elements; the first of a row is its head.
 */
export function table(caption, columns, rows) {
  return el(
    "div",
    { class: "scroll", role: "region", "aria-label": t("table.of", { caption }), tabindex: 0 },
    columns.length > PRINTED &&
      el("p", { class: "soft on-paper", text: t("table.printed", { shown: PRINTED, count: columns.length }) }),
    el(
      "table",
      {},
      el("caption", { class: "unseen", text: caption }),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          columns.map(({ name, number }, place) => 
            el("th", { scope: "col", class: classOf(number, place) }, breakable(name)),
          ),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((cells) =>
          el(
            "tr",
            {},
            cells.map((cell, place) => {
              const properties = {
                class: classOf(columns[place].number, place),
                dir: columns[place].number ? null : "auto",
              };
              const content = cell instanceof Node ? { ...properties } : { ...properties, text: cell };
              return el(
                place === 0 ? "th" : "td",
                place === 0 ? { ...content, scope: "row" } : content,
                cell instanceof Node && cell,
              );
            }),
          ),
        ),
      ),
    ),
  );
}

function classOf(number, place) {
  return [number && "figure", place >= PRINTED && "beyond"].filter(Boolean).join(" ");
}

/**
 * The same, folded away and built when it is opened: long tables cost nothing until somebody wants them. Its method
 * `refresh` is to be called when the rows have changed; `columns` may be a function, too.
 */
export function foldedTable(caption, columns, rows) {
  const details = el("details", { class: "as-table" }, el("summary", { text: t("table.show") }));
  details.refresh = () => {
    while (details.childElementCount > 1) details.lastElementChild.remove();
    if (details.open) details.append(table(caption, typeof columns === "function" ? columns() : columns, rows()));
  };
  details.addEventListener("toggle", details.refresh);
  return details;
}
