// What a model of several labels gives rightly and wrongly: a line for each label, each number a button to its rows.

import { el, fill } from "../dom.js";
import { number, percent, serviceLine, t } from "../i18n.js";
import { card } from "./card.js";
import { fileName, jsonButton } from "./download.js";
import { facts } from "./from-data.js";
import { classField, rowsPanel } from "./confusion-rows.js";
import { labelName } from "./label-name.js";
import { foldedTable } from "./table.js";

// Labels that the table has room for.
const ROOM = 12;
// What a decision about a label can be, whether it is right, and of which rows its share is taken.
const KINDS = [
  ["true_positives", true, ({ support }) => support],
  ["false_positives", false, ({ given }) => given],
  ["false_negatives", false, ({ support }) => support],
  ["true_negatives", true, () => Infinity],
];

/** The scores on the file and the decisions about each label, as /v1/confusions gives them. */
export function labelConfusionCard(found) {
  const { labels } = found;
  const names = labels.map(({ label }) => String(label));
  const cells = new Map(found.cells.map(({ label, kind, rows }) => [`${label} ${kind}`, rows]));
  const many = labels.length > ROOM;
  const numbers = el("div");
  const rows = rowsPanel(numbers);
  const wrong = ({ false_positives: given, false_negatives: missed }) => given + missed;
  const worst = labels.map((one, place) => place).sort((a, b) => wrong(labels[b]) - wrong(labels[a]));
  let wanted = null;

  /** The labels that are shown: all, those with the most wrong decisions, or the one that is looked for. */
  const places = () => (wanted !== null ? [wanted] : many ? worst.slice(0, ROOM) : labels.map((one, place) => place));
  const open = (place, kind, right) =>
    rows.open(`${place} ${kind}`, {
      title: t(`model.rows_of.${kind}`, { label: names[place] }),
      kept: cells.get(`${place} ${kind}`) ?? [],
      count: labels[place][kind],
      right,
    });
  const draw = () => fill(numbers, labelTable(labels, places(), open));
  draw();
  const span = (key) => found.intervals[key]?.map((end) => percent(end)).join("–");
  return card(t("model.label_confusions"), {
    note: [t(many ? "model.label_confusions_note_many" : "model.label_confusions_note"), ...found.notes.map(serviceLine)].join(" "),
    help: "label_confusions",
    tools:
      many &&
      classField(names, (place) => {
        wanted = place;
        draw();
      }),
    body: [
      facts([
        [t("model.rows"), number(found.rows)],
        [t("model.exactly_right"), `${percent(found.subset_accuracy)} (${span("subset_accuracy")})`],
        [t("model.micro_f1"), `${percent(found.micro_f1)} (${span("micro_f1")})`],
        [t("model.macro_f1"), `${percent(found.macro_f1)} (${span("macro_f1")})`],
        [t("model.log_loss"), number(found.log_loss, { digits: 4, fixed: true })],
      ]),
      numbers,
      rows.node,
    ],
    table: foldedTable(
      t("model.labels"),
      [
        { name: t("page.label") },
        ...["threshold", ...KINDS.map(([kind]) => kind), "precision", "recall", "f1"].map((name) => ({
          name: t(`model.${name}`),
          number: true,
        })),
      ],
      () =>
        labels.map((one, place) => [
          names[place],
          number(one.threshold, { digits: 3, fixed: true }),
          ...KINDS.map(([kind]) => number(one[kind])),
          ...[one.precision, one.recall, one.f1].map((value) => percent(value)),
        ]),
    ),
    downloads: [jsonButton(fileName("confusions", found.model), () => found)],
  });
}

function labelTable(labels, places, open) {
  const caption = t("model.label_confusions");
  const head = (name) => el("th", { scope: "col", text: t(`model.${name}`) });
  return el(
    "div",
    { class: "scroll matrix-scroll", role: "region", "aria-label": t("table.of", { caption }), tabindex: 0 },
    el(
      "table",
      { class: "matrix of-labels" },
      el("caption", { class: "unseen", text: caption }),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col", text: t("page.label") }),
          [...KINDS.map(([kind]) => kind), "precision", "recall", "f1"].map(head),
        ),
      ),
      el(
        "tbody",
        {},
        places.map((place) => {
          const one = labels[place];
          return el(
            "tr",
            {},
            el("th", { scope: "row", title: String(one.label) }, labelName(one.label, place)),
            KINDS.map(([kind, right, of]) => cell(one, place, { kind, right, all: of(one), open })),
            [one.precision, one.recall, one.f1].map((value) => el("td", { class: "figure", text: percent(value) })),
          );
        }),
      ),
    ),
  );
}

function cell(one, place, { kind, right, all, open }) {
  const count = one[kind];
  const style = { "--share": all > 0 ? Math.sqrt(count / all).toFixed(3) : 0 };
  const classes = `matrix-cell${right ? " right" : ""}`;
  if (count === 0) return el("td", { class: classes, style }, el("span", { text: "·" }));
  const said = t("model.label_cell", { label: String(one.label), kind: t(`model.${kind}`), count });
  return el(
    "td",
    { class: classes, style },
    el("button", {
      type: "button",
      text: number(count),
      "aria-pressed": "false",
      "aria-label": said,
      title: said,
      data: { cell: `${place} ${kind}` },
      on: { click: () => open(place, kind, right) },
    }),
  );
}
