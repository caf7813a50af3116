// A confusion matrix as a table: a row for each true class, a column for each answer, each number a button.

import { el } from "../dom.js";
import { number, percent, t } from "../i18n.js";
import { breakable } from "./label-name.js";

// Names of so many letters, or of so many in all, stand level above their columns; longer ones stand upright.
const SHORT = 6;
const LEVEL = 24;

/**
 * @param {number[][]} confusion rows by true class and predicted class.
 * @param {string[]} names of all classes.
 * @param {number[]} places of those that are shown; what else a class was taken for is one column.
 * @param {function(number, number): void} open is called with the places of a cell.
 */
export function confusionMatrix(confusion, names, places, open) {
  const part = places.length < names.length;
  const caption = t("model.matrix");
  const lengths = places.map((place) => names[place].length);
  const level = Math.max(...lengths) <= SHORT || lengths.reduce((sum, length) => sum + length, 0) <= LEVEL;
  const upright = part || !level;
  const head = (text) => el("span", { class: `matrix-name${upright ? "" : " short"}` }, breakable(text));
  return el(
    "div",
    { class: "scroll matrix-scroll", role: "region", "aria-label": t("table.of", { caption }), tabindex: 0 },
    el(
      "table",
      { class: "matrix" },
      el("caption", { class: "unseen", text: caption }),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("td", { class: "matrix-corner", text: t("model.corner") }),
          places.map((called) =>
            el("th", { scope: "col", title: names[called] }, head(names[called])),
          ),
          part && el("th", { scope: "col" }, head(t("model.other_classes"))),
        ),
      ),
      el(
        "tbody",
        {},
        places.map((truth) => {
          const all = confusion[truth].reduce((sum, count) => sum + count, 0);
          const rest = all - places.reduce((sum, called) => sum + confusion[truth][called], 0);
          return el(
            "tr",
            {},
            el("th", { scope: "row", dir: "auto", title: names[truth] }, breakable(names[truth])),
            places.map((called) => cell(confusion[truth][called], all, { truth, called, names, open })),
            part && el("td", { class: "figure soft", text: rest > 0 ? number(rest) : "·" }),
          );
        }),
      ),
    ),
  );
}

function cell(count, all, { truth, called, names, open }) {
  const share = all > 0 ? count / all : 0;
  const right = truth === called;
  // The square root lets single rows be seen beside hundreds.
  const style = { "--share": Math.sqrt(share).toFixed(3) };
  if (count === 0) return el("td", { class: `matrix-cell${right ? " right" : ""}`, style }, el("span", { text: "·" }));
  return el(
    "td",
    { class: `matrix-cell${right ? " right" : ""}`, style },
    el("button", {
      type: "button",
      text: number(count),
      "aria-pressed": "false",
      "aria-label": t("model.cell", { truth: names[truth], called: names[called], count, share: percent(share, 0) }),
      title: t("model.cell", { truth: names[truth], called: names[called], count, share: percent(share, 0) }),
      data: { cell: `${truth} ${called}` },
      on: { click: () => open(truth, called) },
    }),
  );
}
