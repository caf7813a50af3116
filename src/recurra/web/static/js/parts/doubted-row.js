// A row to look at again: its text, what the data and the model say, and why it is doubted.

import { el } from "../dom.js";
import { knows, number, percent, t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { placeOf } from "./labels.js";

/** The rows of a queue, each once, with all its reasons: `{row, number, text, …, reasons, details}`. */
export function uniqueRows(rows) {
  const found = new Map();
  for (const { reason, details, suggested, ...row } of rows) {
    const one = found.get(row.row) ?? { ...row, suggested: null, reasons: [], details: [] };
    one.reasons.push(reason);
    one.details.push(details ?? {});
    // The label that the row may have, if it is another one than the data say.
    if (suggested !== undefined && suggested !== null && String(suggested) !== String(row.label))
      one.suggested ??= suggested;
    found.set(row.row, one);
  }
  return [...found.values()];
}

export function reasonName(reason) {
  const key = `doubts.reasons.${reason.replace(/[ -]/g, "_")}`;
  return knows(key) ? t(key) : reason;
}

/** What was decided, in words; empty where nothing was. */
export function decisionWords(made) {
  if (made === null) return "";
  return made.decision === "relabel" ? t("doubts.relabelled", { label: made.label }) : t(`doubts.done_${made.decision}`);
}

/** What the data and the model say of a row. */
export function saysOf(row, labels) {
  return el(
    "p",
    { class: "doubt-says" },
    t("doubts.data_say"),
    " ",
    labelName(row.label, placeOf(row.label, labels)),
    " · ",
    t("doubts.model_says"),
    " ",
    labelName(row.predicted, placeOf(row.predicted, labels)),
    " ",
    el("span", { class: "figure", text: percent(row.probability) }),
    row.suggested !== null && [
      " · ",
      t("doubts.suggested"),
      " ",
      labelName(row.suggested, placeOf(row.suggested, labels)),
    ],
  );
}

/** The near-copies, the rows nearby and the numbers of the reasons, folded away. */
export function detailsOf(row, labels) {
  const numbers = row.details.flatMap(({ text, row: other, number: copy, label, ...rest }) =>
    Object.entries(rest).filter(([, value]) => typeof value === "number"),
  );
  const unlike = [...new Map(numbers)];
  const copies = row.details.filter(({ text }) => text !== undefined);
  if (row.neighbours.length === 0 && unlike.length === 0 && copies.length === 0) return null;
  return el(
    "details",
    {},
    el("summary", { text: t("doubts.more", { count: row.neighbours.length }) }),
    unlike.length > 0 &&
      el("p", {
        class: "soft figure",
        text: unlike
          .map(
            ([name, value]) =>
              `${knows(`doubts.details.${name}`) ? t(`doubts.details.${name}`) : name}: ${number(value)}`,
          )
          .join(" · "),
      }),
    copies.length > 0 && nearList(t("doubts.copy"), copies, labels),
    row.neighbours.length > 0 && nearList(t("doubts.nearby"), row.neighbours, labels),
  );
}

function nearList(title, rows, labels) {
  return [
    el("p", { class: "soft", text: title }),
    el(
      "ul",
      { class: "neighbours" },
      rows.map((near) =>
        el(
          "li",
          {},
          labelName(near.label, placeOf(near.label, labels)),
          " ",
          el("span", { dir: "auto", text: near.text }),
          el("span", { class: "soft figure", text: ` ${t("doubts.row", { row: String(near.number) })}` }),
        ),
      ),
    ),
  ];
}
