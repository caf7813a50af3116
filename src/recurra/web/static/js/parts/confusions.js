// Which classes are taken for which: the most frequent pairs, a matrix of the classes in question, and the rows behind.

import { el, fill } from "../dom.js";
import { number, percent, serviceLine, t } from "../i18n.js";
import { card } from "./card.js";
import { fileName, jsonButton } from "./download.js";
import { facts } from "./from-data.js";
import { confusionMatrix } from "./confusion-matrix.js";
import { classField, rowsPanel } from "./confusion-rows.js";
import { breakable } from "./label-name.js";
import { foldedTable } from "./table.js";

// Pairs that are named, and classes that a matrix has room for.
const PAIRS = 10;
const ROOM = 12;

/** The scores on the file and the confusions, as /v1/confusions gives them. */
export function confusionCard(found) {
  const names = found.classes.map(({ label }) => String(label));
  const places = new Map(names.map((name, place) => [name, place]));
  const pairs = found.confusions.map((one) => ({
    ...one,
    truth: places.get(String(one.label)),
    called: places.get(String(one.predicted)),
  }));
  const cells = new Map(found.cells.map(({ label, predicted, rows }) => [`${label} ${predicted}`, rows]));
  const many = names.length > ROOM;
  let wanted = null;

  const list = el("ol", { class: "confusion-pairs" });
  const matrix = el("div");
  const rows = rowsPanel(matrix);
  const open = (truth, called) => {
    const right = truth === called;
    rows.open(`${truth} ${called}`, {
      title: t(right ? "model.cell_right" : "model.cell_wrong", { truth: names[truth], called: names[called] }),
      kept: cells.get(`${truth} ${called}`) ?? [],
      count: found.confusion[truth][called],
      right,
    });
  };

  function draw() {
    const shown = pairs.filter(({ truth, called }) => wanted === null || truth === wanted || called === wanted);
    fill(
      list,
      shown.slice(0, PAIRS).map(({ truth, called, rows: count, share }) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "link", on: { click: () => open(truth, called) } },
            el("bdi", {}, breakable(names[truth])),
            " → ",
            el("bdi", {}, breakable(names[called])),
          ),
          " ",
          el("span", { class: "figure soft", text: t("model.pair_rows", { count, share: percent(share, 0) }) }),
        ),
      ),
      shown.length === 0 && el("li", { class: "soft", text: t("model.no_confusion") }),
    );
    fill(matrix, confusionMatrix(found.confusion, names, inQuestion(), open));
  }

  /** The places of the classes that the matrix shows: all, or those of the pairs, about the one that is looked for. */
  function inQuestion() {
    if (!many) return names.map((name, place) => place);
    const some = new Set(wanted === null ? [] : [wanted]);
    for (const { truth, called } of pairs)
      if ((wanted === null || truth === wanted || called === wanted) && new Set([...some, truth, called]).size <= ROOM)
        some.add(truth).add(called);
    if (some.size === 0) names.slice(0, ROOM).forEach((name, place) => some.add(place));
    return [...some].sort((a, b) => a - b);
  }

  const finder = many
    ? classField(names, (place) => {
        wanted = place;
        draw();
      })
    : null;
  draw();
  const span = (key) => found.intervals[key]?.map((end) => percent(end)).join("–");
  return card(t("model.confusions"), {
    note: [t(many ? "model.confusions_note_many" : "model.confusions_note"), ...found.notes.map(serviceLine)].join(" "),
    help: "confusions",
    tools: finder,
    body: [
      facts([
        [t("model.rows"), number(found.rows)],
        [t("compare.right"), `${percent(found.accuracy)} (${span("accuracy")})`],
        [t("model.macro_f1"), `${percent(found.macro_f1)} (${span("macro_f1")})`],
        [t("model.log_loss"), number(found.log_loss, { digits: 4, fixed: true })],
      ]),
      el(
        "div",
        { class: `confusion-parts${many ? " many" : ""}` },
        el("div", {}, el("h3", { text: t("model.top_pairs") }), list),
        el("div", {}, el("h3", { text: t("model.matrix") }), matrix),
      ),
      rows.node,
    ],
    table: foldedTable(
      t("model.classes"),
      [
        { name: t("model.class") },
        { name: t("model.rows"), number: true },
        ...["precision", "recall", "f1"].map((name) => ({ name: t(`model.${name}`), number: true })),
      ],
      () =>
        found.classes.map(({ label, support, precision, recall, f1 }) => [
          String(label),
          number(support),
          ...[precision, recall, f1].map((value) => percent(value)),
        ]),
    ),
    downloads: [jsonButton(fileName("confusions", found.model), () => found)],
  });
}
