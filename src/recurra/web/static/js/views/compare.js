// Compare: several models on one text, and on a whole file who is right where.

import { chart } from "../charts/chart.js";
import { probabilityAxis } from "../charts/probability-axis.js";
import { el, fill } from "../dom.js";
import { compact, number, percent, serviceLine, signed, t } from "../i18n.js";
import { LEARNED } from "../parts/accuracy.js";
import { branchNote } from "../parts/branch.js";
import { card, picker } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { tintsOf } from "../parts/evidence.js";
import { follow } from "../parts/follow.js";
import { fromData } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { answerPlaces, classesOfAll } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { readButton } from "../parts/open-row.js";
import { programPanel } from "../parts/program.js";
import { foldedTable, table } from "../parts/table.js";
import { textPanel } from "../parts/text-panel.js";
import { largestOf } from "../parts/tint-scale.js";
import { colourTop } from "../parts/top-classes.js";
import { toneLegend, toneLine } from "../parts/tones.js";
import { wordLine } from "../parts/words.js";
import { look, store } from "../store.js";

// Rows that a list shows, and that each click adds.
const AT_A_TIME = 10;

export function mount(body, signal) {
  if (store.models.length < 2) {
    const name = store.models[0]?.name ?? "one";
    fill(
      body,
      emptyPanel(t("compare.one"), t("compare.one_about"), `recurra serve ${name}.safetensors other.safetensors`),
    );
    return Promise.resolve();
  }
  const onText = el("div", { class: "answer" });
  const onData = el("div", { class: "answer" });
  const request = () => ({ text: store.text });
  const program = programPanel({ path: "/v1/compare", request, signal });
  fill(body, textPanel(signal), onText, program, el("h2", { class: "part", text: t("compare.on_data") }), onData);
  let lifetime = new AbortController();
  let shown = null;
  signal.addEventListener("abort", () => lifetime.abort());

  function draw(answer) {
    lifetime.abort();
    lifetime = new AbortController();
    colourTop(answer.models, [], classesOfAll());
    fill(onText, sideBySide(answer), answer.models.some((reading) => reading.tokens.length > 0) && together(answer));
  }

  function together(answer) {
    const labels = [...new Set(answer.models.flatMap((reading) => reading.labels.map(String)))];
    shown = labels.includes(store.class) ? store.class : String(answer.models[0].label);
    const rows = () =>
      answer.models
        .map((reading) => {
          const place = reading.labels.map(String).indexOf(shown);
          return {
            name: reading.model,
            y: place < 0 ? null : [reading.start, ...reading.probabilities].map((row) => row[place]),
            words: reading.tokens,
          };
        })
        .filter(({ y }) => y !== null);
    const drawing = () => {
      const lines = rows();
      return {
        series: lines.map(({ name, y, words }, place) => ({
          name,
          x: y.map((value, step) => step),
          y,
          said: (step) => `${name}, ${step ? words[step - 1].text : t("reading.before_short")}: ${percent(y[step])}`,
          ...toneLine(place),
        })),
        x: { title: t("compare.words_read"), whole: true },
        y: probabilityAxis(lines.flatMap(({ y }) => y)),
      };
    };
    const plot = chart({
      label: t("compare.chart_label", { label: shown }),
      draw: drawing,
      height: 300,
      signal: lifetime.signal,
    });
    const legend = toneLegend(answer.models.map((reading, place) => [reading.model, place]));
    return card(t("compare.chart"), {
      help: "lines_of_models",
      tools: picker(
        t("compare.of_class"),
        labels.map((label) => [label, label]),
        shown,
        (label) => {
          shown = label;
          look({ class: label });
          plot.redraw();
        },
      ),
      body: [legend, plot.node],
      downloads: [svgButton("comparison", plot.svg), jsonButton("comparison", () => answer)],
      table: foldedTable(
        t("compare.chart"),
        [
          { name: t("reading.word"), number: true },
          ...answer.models.map((reading) => ({ name: reading.model, number: true })),
        ],
        () => {
          const lines = rows();
          return lines[0].y.map((value, step) => [number(step), ...lines.map(({ y }) => percent(y[step]))]);
        },
      ),
    });
  }

  const reading = follow(onText, { path: "/v1/compare", request, draw, signal })();
  fromData(onData, { path: "/v1/compare", queries: () => [{}], draw: ([answer]) => drawData(onData, answer), signal });
  return reading;
}

/** A class with its mark and colour, which are the same for all models here; an unknown one is grey. */
function className(label) {
  return labelName(label, classesOfAll().indexOf(String([label].flat()[0])));
}

function sideBySide(answer) {
  // One scale for all: the same evidence has the same tint whichever model gives it.
  const largest = largestOf(answer.models.flatMap((reading) => tintsOf(reading, null)));
  const all = classesOfAll();
  return el(
    "div",
    { class: "grid" },
    answer.models.map((reading, place) => {
      const last = reading.probabilities.at(-1) ?? reading.start;
      const answer = answerPlaces(reading, last);
      const tints = tintsOf(reading, null).map((tint) => ({
        ...tint,
        place: all.indexOf(String(reading.labels[tint.place])),
      }));
      return card(reading.model, {
        help: place === 0 && reading.tokens.length > 0 && "words_of_models",
        body: [
          answer.length === 0 && el("p", { class: "headline small", text: t("reading.no_label") }),
          answer.map((place) =>
            el(
              "p",
              { class: "headline small" },
              className(reading.labels[place]),
              el("span", { class: "figure", text: percent(last[place]) }),
            ),
          ),
          reading.tokens.length > 0 &&
            wordLine(reading.tokens, tints, {
              label: t("compare.words_of", { model: reading.model }),
              digits: null,
              largest,
            }).node,
          branchNote(reading),
        ],
      });
    }),
  );
}

function drawData(node, answer) {
  const best = Math.max(...answer.models.map((model) => model.accuracy));
  fill(
    node,
    card(t("compare.accuracy"), {
      note: t("compare.rows", { count: answer.rows }),
      downloads: [jsonButton("comparison-data", () => answer)],
      body: [
        table(
          t("compare.accuracy"),
          [
            { name: t("page.model") },
            { name: t("compare.right"), number: true },
            { name: t("compare.interval"), number: true },
            { name: t("compare.behind"), number: true },
          ],
          answer.models.map((model) => [
            model.name,
            percent(model.accuracy, 2),
            model.interval ? `${percent(model.interval[0], 2)}–${percent(model.interval[1], 2)}` : "–",
            model.accuracy === best ? "–" : t("reading.points", { change: signed(100 * (model.accuracy - best), 2) }),
          ]),
        ),
        (answer.notes ?? []).map((note) => el("p", { class: "note", text: noteLine(note, answer.models) })),
        !(answer.notes ?? []).some((note) => LEARNED.test(note)) &&
          el("p", { class: "note", text: t("compare.not_learned") }),
      ],
    }),
    answer.pairs.map((pair, place) => pairCard(pair, answer, { help: place === 0 && "pair" })),
    answer.slices?.length > 0 && sliceCard(answer),
  );
}

/** A note in the reader's language; what is said of one model follows its name and a colon. */
function noteLine(note, models) {
  const about = models.map(({ name }) => `${name}: `).find((name) => note.startsWith(name)) ?? "";
  return about + serviceLine(note.slice(about.length));
}

function pairCard(pair, answer, { help }) {
  const tone = (model) => `tone-${(answer.models.findIndex(({ name }) => name === model) % 6) + 1}`;
  const parts = [
    ["both", "edge"],
    ["only_a", tone(pair.a)],
    ["only_b", tone(pair.b)],
    ["neither", "line"],
  ];
  const named = (name) => t(`compare.${name}`, { a: pair.a, b: pair.b });
  const differ = pair.only_a + pair.only_b;
  return card(t("compare.pair", { a: pair.a, b: pair.b }), {
    help,
    body: [
      el("p", {
        class: "note",
        text: t("compare.difference", {
          difference: signed(100 * pair.difference, 2),
          low: signed(100 * pair.interval[0], 2),
          high: signed(100 * pair.interval[1], 2),
          p: compact(pair.p_adjusted ?? pair.p),
        }),
      }),
      el(
        "div",
        { class: "stack", "aria-hidden": "true" },
        parts.map(([name, token]) =>
          el("span", { style: { "--share": pair[name] / Math.max(1, answer.rows), "--part": `var(--${token})` } }),
        ),
      ),
      el(
        "ul",
        { class: "legend" },
        parts.map(([name, token]) =>
          el(
            "li",
            {},
            el("span", { class: "block", style: { "--part": `var(--${token})` }, "aria-hidden": "true" }),
            `${named(name)}: `,
            el("span", { class: "figure", text: number(pair[name]) }),
          ),
        ),
      ),
      pair.examples.length > 0 &&
        el(
          "details",
          { class: "as-table" },
          el("summary", { text: t("compare.examples", { count: differ }) }),
          exampleList(byTurns(pair), differ),
        ),
      pair.neither_examples?.length > 0 &&
        el(
          "details",
          { class: "as-table" },
          el("summary", { text: t("compare.neither_examples", { count: pair.neither }) }),
          exampleList(pair.neither_examples, pair.neither),
        ),
    ],
    downloads: [jsonButton(fileName("pair", pair.a, pair.b), () => pair)],
  });
}

/** Rows that only one model has right: one of each by turns, so that the first ones show both. */
function byTurns({ a, examples }) {
  const first = examples.filter(({ right }) => right === a);
  const second = examples.filter(({ right }) => right !== a);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, place) => [first[place], second[place]])
    .flat()
    .filter(Boolean);
}

/** Some rows at a time, with a button for more. */
function exampleList(examples, all) {
  const list = el("ul", { class: "neighbours" });
  const more = el("button", { type: "button", on: { click: add } });
  function add() {
    const from = list.childElementCount;
    list.append(...examples.slice(from, from + AT_A_TIME).map(exampleItem));
    const left = examples.length - list.childElementCount;
    more.hidden = left === 0;
    more.textContent = t("compare.more", { count: Math.min(left, AT_A_TIME) });
    if (from > 0) list.children[from].querySelector("button").focus();
  }
  add();
  return [
    examples.length < all &&
      el("p", { class: "note", text: t("compare.examples_part", { count: examples.length, all }) }),
    list,
    more,
  ];
}

function exampleItem(example) {
  return el(
    "li",
    {},
    el("p", { dir: "auto", text: example.text }),
    el(
      "p",
      { class: "soft" },
      `${t("doubts.row", { row: String(example.number) })} · `,
      t("page.label"),
      " ",
      className(example.label),
      Object.entries(example.answers).map(([name, said]) => [
        " · ",
        el("bdi", { text: `${name}: ` }),
        className(said.label),
        " ",
        el("span", { class: "figure", text: percent(said.probability) }),
      ]),
      " ",
      readButton(example.number),
    ),
  );
}

/** Parts of the rows, by class, length and unknown words: a model may be better only there. */
function sliceCard(answer) {
  return card(t("compare.slices"), {
    note: t("compare.slices_note"),
    body: table(
      t("compare.slices"),
      [
        { name: t("compare.slice") },
        { name: t("compare.slice_rows"), number: true },
        ...answer.models.map(({ name }) => ({ name, number: true })),
      ],
      answer.slices.map((slice) => [
        sliceName(slice.name),
        number(slice.rows),
        ...slice.accuracy.map((accuracy) => percent(accuracy)),
      ]),
    ),
  });
}

const SLICES = [
  [/^class (?<label>.+)$/, "class"],
  [/^up to (?<high>\d+) tokens$/, "short"],
  [/^(?<low>\d+) to (?<high>\d+) tokens$/, "middle"],
  [/^more than (?<low>\d+) tokens$/, "long"],
  [/^up to (?<high>\d+%) unknown$/, "known"],
  [/^(?<low>\d+%) to (?<high>\d+%) unknown$/, "some_unknown"],
  [/^more than (?<low>\d+%) unknown$/, "unknown"],
  [/^no word unknown$/, "all_known"],
  [/^some words unknown$/, "not_all_known"],
  [/^no label$/, "no_label"],
];

/** A slice's name, as the service says it in English, in the reader's language. */
function sliceName(name) {
  for (const [pattern, key] of SLICES) {
    const found = pattern.exec(name);
    // Shares are written as everywhere.
    if (found) return t(`compare.slice_names.${key}`, found.groups).replace(/(?<=\d)%/g, key === "class" ? "%" : "\u00a0%");
  }
  return name;
}
