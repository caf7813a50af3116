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

/**
 * The rows of the queue that the service was given first, each with what the queue says of it; then the others.
 * @param {Array<object>} queue rows as /v1/queue answers.
 * @param {Array<object>} rows as `uniqueRows` returns them.
 */
export function queueFirst(queue, rows) {
  const queued = queue.map((row) => {
    const own = rows.find(({ number: other }) => other === row.number);
    return {
      ...row,
      suggested: String(row.suggested) === String(row.label) ? null : row.suggested,
      queued: true,
      // Near-copies and rows nearby depend on no probability.
      neighbours: own?.neighbours ?? [],
      details: own?.details.filter(({ text }) => text !== undefined) ?? [],
    };
  });
  const numbers = new Set(queued.map((row) => row.number));
  return [...queued, ...rows.filter((row) => !numbers.has(row.number))];
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

/** What the data say of a row, and the model, or the queue in a file if it is from there. */
export function saysOf(row, labels, file) {
  const named = (label) => labelName(label, placeOf(label, labels));
  const share = (probability) => el("span", { class: "figure", text: percent(probability) });
  return el(
    "p",
    { class: "doubt-says" },
    t("doubts.data_say"),
    " ",
    named(row.label),
    !row.queued && [" · ", t("doubts.model_says"), " ", named(row.predicted), " ", share(row.probability)],
    row.suggested !== null && [
      " · ",
      row.queued ? t("doubts.queue_suggests", { file }) : t("doubts.suggested"),
      " ",
      named(row.suggested),
      row.queued && row.probability !== null && [" ", share(row.probability)],
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
