// Reading: the answer, what each word did to it, and the probabilities after every word.

import { el, fill } from "../dom.js";
import { number, percent, signed, t } from "../i18n.js";
import { probabilityBars } from "../parts/bars.js";
import { card, picker } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { tintsOf } from "../parts/evidence.js";
import { emptyPanel } from "../parts/notices.js";
import { follow, readRequest } from "../parts/follow.js";
import { labelName } from "../parts/label-name.js";
import { largest } from "../parts/labels.js";
import { probabilityChart } from "../parts/probability-chart.js";
import { foldedTable } from "../parts/table.js";
import { textPanel } from "../parts/text-panel.js";
import { wordsPicture } from "../parts/words-picture.js";
import { wordLine } from "../parts/words.js";

export function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  fill(body, textPanel(signal), answer);
  // The class whose evidence is shown stays when the text changes; null is each word's own.
  let shown = null;
  let lifetime = new AbortController();
  signal.addEventListener("abort", () => lifetime.abort());

  function draw(reading) {
    lifetime.abort();
    lifetime = new AbortController();
    if (reading.tokens.length === 0) {
      fill(answer, emptyPanel(t("reading.no_words"), t("reading.no_words_about")), resultCard(reading, reading.start));
      return;
    }
    fill(answer, el("div", { class: "columns" }, resultCard(reading, reading.probabilities.at(-1)), wordsCard(reading)), chartOf(reading));
  }

  function resultCard(reading, probabilities) {
    const best = largest(probabilities, 1)[0];
    return card(t("reading.answer"), {
      className: "result",
      body: [el("p", { class: "headline" }, labelName(reading.labels[best], best), el("span", { class: "figure", text: percent(probabilities[best]) })),
        probabilityBars(reading.labels, probabilities), methodNote(reading)],
      downloads: [jsonButton(fileName("reading", reading.model), () => reading)],
    });
  }

  let line = null;
  let plot = null;

  function wordsCard(reading) {
    const holder = el("div");
    const after = el("div", { class: "after", role: "status" });
    const title = () => shown === null ? t("reading.evidence_each") : t("reading.evidence_for", { label: reading.labels[shown] });
    if (shown !== null && shown >= reading.labels.length) shown = null;
    const redraw = () => {
      line = wordLine(reading.tokens, tintsOf(reading, shown), { label: title(), chosen: (place) => { plot.mark(place + 1); describe(place); } });
      fill(holder, line.node);
    };
    const describe = (place) => fill(after, wordNumbers(reading, place));
    redraw();
    fill(after, el("p", { class: "soft", text: t("reading.point") }));
    reached = (place) => { line.mark(place); if (place !== null && place >= 0) describe(place); };
    const options = [["", t("reading.each")], ...reading.labels.map((label, place) => [String(place), String(label)])];
    return card(t("reading.words"), {
      className: "grow", note: t("reading.words_note"),
      tools: picker(t("reading.evidence"), options, shown === null ? "" : String(shown), (value) => { shown = value === "" ? null : Number(value); redraw(); }),
      body: [holder, after],
      downloads: [svgButton(fileName("words", reading.model), () => wordsPicture(reading.tokens, tintsOf(reading, shown), { title: title() }))],
    });
  }

  let reached = () => {};

  function chartOf(reading) {
    plot = probabilityChart(reading, { signal: lifetime.signal, reached: (place) => reached(place) });
    const classes = reading.labels.map((label) => ({ name: String(label), number: true }));
    return card(t("reading.chart"), {
      note: t("reading.chart_note"),
      body: [plot.legend, plot.node],
      table: foldedTable(t("reading.chart"), [{ name: t("reading.word") }, ...classes],
        () => [[t("reading.before"), ...reading.start.map((p) => percent(p))], ...reading.tokens.map((token, place) => [token.text, ...reading.probabilities[place].map((p) => percent(p))])]),
      downloads: [svgButton(fileName("probabilities", reading.model), plot.svg)],
    });
  }

  return follow(answer, { path: "/v1/read", request: () => readRequest(), draw, signal });
}

/** Says whether the numbers after a word are those of the text that ends there. */
function methodNote(reading) {
  return el("p", { class: "method" }, el("span", { class: `badge ${reading.exact ? "exact" : "near"}`, text: t(reading.exact ? "reading.exact" : "reading.inexact") }),
    el("span", { class: "soft", text: t(reading.exact ? "reading.exact_about" : "reading.inexact_about") }));
}

/** A word's numbers: where the classes stand after it and how they moved. */
function wordNumbers(reading, place) {
  const now = reading.probabilities[place];
  const before = place > 0 ? reading.probabilities[place - 1] : reading.start;
  const shown = largest(now.map((p, c) => Math.max(p, before[c])), 4);
  return [el("p", { class: "after-head" }, el("span", { class: "soft", text: t("reading.after", { place: number(place + 1), count: number(reading.tokens.length) }) }), " ",
    el("bdi", { class: "quoted", text: reading.tokens[place].text }), reading.tokens[place].known ? null : el("span", { class: "soft", text: ` (${t("words.unknown")})` })),
  el("ul", { class: "moves" }, shown.map((c) => el("li", {}, labelName(reading.labels[c], c), " ",
    el("span", { class: "figure", text: percent(now[c]) }), " ",
    el("span", { class: "figure soft", text: t("reading.points", { change: signed(100 * (now[c] - before[c]), 1) }) }))))];
}
