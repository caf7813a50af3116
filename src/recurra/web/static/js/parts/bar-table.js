// A table whose numbers are bars as well: to the right for a class, hatched to the left against it.

import { el } from "../dom.js";
import { signed, t } from "../i18n.js";
import { seriesStyle } from "./labels.js";

/**
 * @param {string} caption
 * @param {string} head the name of the first column.
 * @param {Array<string>} rows what the numbers of each row belong to.
 * @param {Array<{name: string, values: Array<number>, scale?: Array<number>}>} columns numbers, each column with a
 *   scale of its own, or that of other numbers.
 * @param {number} place the class whose colour the bars take.
 */
export function barTable(caption, head, rows, columns, place) {
  const most = columns.map(({ values, scale }) => Math.max(1e-9, ...(scale ?? values).map(Math.abs)));
  return el(
    "div",
    { class: "scroll", role: "region", "aria-label": t("table.of", { caption }), tabindex: 0 },
    el(
      "table",
      { class: "bar-table" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col", text: head }),
          columns.map(({ name }) => el("th", { scope: "col", colspan: 2, text: name })),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((text, row) =>
          el(
            "tr",
            {},
            el("th", { scope: "row", dir: "auto", text }),
            columns.map(({ values }, column) => [
              el("td", { class: "figure", text: signed(values[row], 3) }),
              el(
                "td",
                { class: "bar-cell" },
                el("span", {
                  class: `signed-bar ${values[row] < 0 ? "against" : ""}`,
                  "aria-hidden": "true",
                  style: { ...seriesStyle(place), "--share": Math.min(1, Math.abs(values[row]) / most[column]).toFixed(3) },
                }),
              ),
            ]),
          ),
        ),
      ),
    ),
  );
}
