// Reading: the answer, what each word did to it, and the probabilities after every word.

import { el, fill } from "../dom.js";
import { percent, signed, t } from "../i18n.js";
import { aloneList } from "../parts/alone.js";
import { probabilityBars } from "../parts/bars.js";
import { branchNote } from "../parts/branch.js";
import { card, choice, picker } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { tintsOf } from "../parts/evidence.js";
import { follow, readRequest } from "../parts/follow.js";
import { labelName } from "../parts/label-name.js";
import { answerPlaces, areMany, largest } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { probabilityChart } from "../parts/probability-chart.js";
import { programPanel } from "../parts/program.js";
import { labelInFile, sameRows } from "../parts/same-rows.js";
import { foldedTable } from "../parts/table.js";
import { textPanel } from "../parts/text-panel.js";
import { colourTop, everLikely } from "../parts/top-classes.js";
import { wordsPicture } from "../parts/words-picture.js";
import { isLong, wordLine } from "../parts/words.js";
import { look, store } from "../store.js";

export function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  const request = () => readRequest();
  fill(body, textPanel(signal), answer, programPanel({ path: "/v1/read", request, signal }));
  let page = null;

  function draw(reading) {
    colourTop([reading]);
    if (reading.tokens.length === 0) {
      page?.end();
      page = null;
      fill(
        answer,
        emptyPanel(t("reading.no_words"), t("reading.no_words_about")),
        card(t("reading.answer"), { body: answerOf(reading) }),
      );
      return;
    }
    // The cards stay while one types, and only what is in them changes: nothing jumps, and no list closes.
    const kind = JSON.stringify([reading.model, reading.labels]);
    if (page?.kind !== kind || !page.node.isConnected) {
      page?.end();
      page = build(reading, kind, signal);
      fill(answer, page.node);
    }
    page.show(reading);
  }

  return follow(answer, { path: "/v1/read", request, draw, signal })();
}

/** The answer to a reading: the class, what the file says, every class's probability, and how the numbers were found. */
function answerOf(reading, inFile = null) {
  const probabilities = reading.probabilities.at(-1) ?? reading.start;
  const best = largest(probabilities, 1)[0];
  const exact = reading.exact ? "exact" : "inexact";
  return [
    reading.given ? givenLabels(reading, probabilities) : headline(reading, probabilities, best),
    inFile,
    probabilityBars(reading.labels, probabilities, reading.thresholds),
    reading.given && el("p", { class: "note", text: t("reading.thresholds") }),
    el(
      "p",
      { class: "method" },
      el("span", { class: `badge ${exact}`, text: t(`reading.${exact}`) }),
      el("span", { class: "soft", text: t(`reading.${exact}_about`) }),
    ),
    branchNote(reading),
    aloneList(reading),
  ];
}

/** A label with its probability, in large letters. */
function headline(reading, probabilities, place) {
  return el(
    "p",
    { class: "headline" },
    labelName(reading.labels[place], place),
    el("span", { class: "figure", text: percent(probabilities[place]) }),
  );
}

/** The labels that a text is given where it may have several, the most probable first; a dash where it has none. */
function givenLabels(reading, probabilities) {
  const given = answerPlaces(reading, probabilities);
  if (given.length === 0) return el("p", { class: "headline", text: t("reading.no_label") });
  return el(
    "div",
    {},
    given.map((place) => headline(reading, probabilities, place)),
  );
}

/** The cards for readings of one model. */
function build(first, kind, outer) {
  const own = new AbortController();
  const signal = AbortSignal.any([outer, own.signal]);
  let reading = first;
  // The class that the address names, if the model has it.
  let shown = placeNamed(reading, store.class);
  let way = "beginnings";
  let line = null;

  const answer = el("div", { class: "stacked" });
  const words = el("div");
  const about = el("p", { class: "evidence-of" });
  const inFile = el("div");
  const strongest = el("div");
  const after = el("div", { class: "after", role: "status" });
  const evidenceName = () =>
    shown === null ? t("reading.evidence_each") : t("reading.evidence_for", { label: reading.labels[shown] });
  const tints = () => tintsOf(reading, shown);
  const describe = (place) => fill(after, wordNumbers(reading, place));
  const drawWords = () => {
    fill(about, evidenceOf(reading, shown));
    line = wordLine(reading.tokens, tints(), {
      label: evidenceName(),
      chosen: (place, reached) => {
        plot.markWord(place);
        describe(place);
        if (reached) look({ word: place });
      },
    });
    fill(words, line.node);
    fill(strongest, line.strongest);
    node.classList.toggle("long", isLong(reading.tokens));
  };
  const plot = probabilityChart(() => reading, {
    signal,
    ends: () => way === "ends",
    recoloured: () => show(reading),
    reached: (place) => {
      line.mark(place);
      if (place !== null) describe(place);
    },
  });

  const classes = [["", t(reading.given ? "reading.each_label" : "reading.each")], ...reading.labels.map((label, place) => [String(place), String(label)])];
  const chooseClass = picker(t("reading.evidence"), classes, shown ?? "", (value) => {
    shown = value === "" ? null : Number(value);
    look({ class: shown === null ? null : String(reading.labels[shown]) });
    drawWords();
  });
  const ways = ["beginnings", "ends"].map((name) => [name, t(`reading.by_${name}`)]);
  const chooseWay = reading.suffix_probabilities
    ? choice(t("reading.way"), ways, way, (name) => {
        way = name;
        plot.mark(null);
        plot.redraw();
      })
    : null;
  // Of many classes those come first that were ever likely.
  const order = () =>
    areMany(reading.labels) ? everLikely(reading, reading.labels.length) : reading.labels.map((label, place) => place);
  const table = foldedTable(
    t("reading.chart"),
    () => [
      { name: t("reading.word") },
      ...order().map((place) => ({ name: String(reading.labels[place]), number: true })),
    ],
    () => {
      const places = order();
      const shares = (probabilities) => places.map((place) => percent(probabilities[place]));
      return [
        [t("reading.before"), ...shares(reading.start)],
        ...reading.tokens.map((token, place) => [token.text, ...shares(reading.probabilities[place])]),
      ];
    },
  );

  const node = el(
    "div",
    { class: "answer" },
    el(
      "div",
      { class: "columns" },
      card(t("reading.answer"), {
        body: [answer, strongest],
        downloads: [jsonButton(fileName("reading", reading.model), () => reading)],
      }),
      card(t("reading.words"), {
        note: t(reading.given ? "reading.words_note_labels" : "reading.words_note"),
        help: "words",
        tools: chooseClass,
        body: [about, words, after],
        downloads: [
          svgButton(fileName("words", reading.model), () =>
            wordsPicture(reading.tokens, tints(), { title: evidenceName() }),
          ),
        ],
      }),
    ),
    card(t("reading.chart"), {
      note: [t("reading.chart_note"), chooseWay && t("reading.chart_note_ends")].filter(Boolean).join(" "),
      help: "probabilities",
      tools: chooseWay,
      body: [plot.legend, plot.node],
      table,
      downloads: [svgButton(fileName("probabilities", reading.model), plot.svg)],
    }),
  );

  return {
    kind,
    node,
    end: () => own.abort(),
    show,
  };

  function drawInFile() {
    const asked = reading;
    if (inFile.dataset.text === asked.text) return;
    inFile.dataset.text = asked.text;
    fill(inFile);
    sameRows(asked, signal).then((found) => {
      if (inFile.dataset.text === asked.text) fill(inFile, labelInFile(found, asked));
    });
  }

  function show(next) {
    reading = next;
    // Another text is asked about its own answer again; a link may name a class.
    shown = placeNamed(reading, store.class);
    chooseClass.querySelector("select").value = String(shown ?? "");
    plot.colour();
    fill(answer, answerOf(reading, inFile));
    drawInFile();
    drawWords();
    fill(after, el("p", { class: "soft", text: t("reading.point") }));
    plot.show();
    table.refresh();
    if (store.word !== null && store.word < reading.tokens.length) {
      line.mark(store.word);
      plot.markWord(store.word);
      describe(store.word);
    }
  }
}

/** Which class the words' evidence is for, where one was chosen, and whether that is the answer. */
function evidenceOf(reading, shown) {
  if (shown === null) return null;
  const answers = answerPlaces(reading, reading.probabilities.at(-1) ?? reading.start);
  const [before, after] = t("reading.evidence_for", { label: "\n" }).split("\n");
  return [
    before,
    labelName(reading.labels[shown], shown),
    after,
    !answers.includes(shown) && [
      " ",
      el("strong", {
        class: "badge inexact",
        text: t("reading.not_answer", { answer: answers.map((place) => reading.labels[place]).join(", ") || "–" }),
      }),
    ],
  ];
}

/** The place of a class by its name; null where the model has none of that name. */
function placeNamed(reading, name) {
  const place = reading.labels.map(String).indexOf(name);
  return place < 0 ? null : place;
}

/** A word's numbers: where the classes stand after it and how they moved. */
function wordNumbers(reading, place) {
  const now = reading.probabilities[place];
  const before = place > 0 ? reading.probabilities[place - 1] : reading.start;
  const shown = largest(
    now.map((p, c) => Math.max(p, before[c])),
    4,
  );
  const { text, known } = reading.tokens[place];
  return [
    el(
      "p",
      {},
      el("span", { class: "soft", text: t("reading.after", { place: place + 1, count: reading.tokens.length }) }),
      " ",
      el("bdi", { class: "quoted", text }),
      !known && el("span", { class: "soft", text: ` (${t("words.unknown")})` }),
    ),
    el(
      "ul",
      { class: "moves" },
      shown.map((c) =>
        el(
          "li",
          {},
          labelName(reading.labels[c], c),
          " ",
          el("span", { class: "figure", text: percent(now[c]) }),
          " ",
          el("span", {
            class: "figure soft",
            text: t("reading.points", { change: signed(100 * (now[c] - before[c]), 1) }),
          }),
        ),
      ),
    ),
  ];
}
