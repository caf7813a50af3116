// Gates and state: what every unit holds after every word, layer by layer and direction by direction.

import { post } from "../api.js";
import { heatMap } from "../charts/heat-map.js";
import { el, fill } from "../dom.js";
import { number, signed, t, knows } from "../i18n.js";
import { answersFrom } from "../parts/answers-from.js";
import { card, choice } from "../parts/card.js";
import { fileName, jsonButton, pngButton } from "../parts/download.js";
import { follow, readRequest } from "../parts/follow.js";
import { emptyPanel } from "../parts/notices.js";
import { numbersOf } from "../parts/packed.js";
import { programPanel } from "../parts/program.js";
import { roleWords } from "../parts/roles.js";
import { stateSearch } from "../parts/state-search.js";
import { foldedTable } from "../parts/table.js";
import { textPanel } from "../parts/text-panel.js";
import { store } from "../store.js";

// So few units that what they do stands beside the picture.
const FEW = 16;
// A picture of more words is higher than its frame on most screens.
const SCROLLS = 28;

export function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  const tools = el("div", { class: "toolbar" });
  // A program is given plain lists of numbers.
  const plain = () => readRequest({ gates: true });
  fill(body, textPanel(signal), tools, answer, programPanel({ path: "/v1/read", request: plain, signal }));
  let shown = "h";
  let sorted = true;
  let last = null;
  let choices = "";
  let lifetime = new AbortController();
  signal.addEventListener("abort", () => lifetime.abort());

  function draw(reading) {
    last = reading;
    lifetime.abort();
    lifetime = new AbortController();
    const layers = reading.compact_layers ?? [];
    if (reading.tokens.length === 0 || layers.length === 0) {
      fill(tools);
      choices = "";
      fill(
        answer,
        emptyPanel(
          t(layers.length === 0 ? "gates.none" : "reading.no_words"),
          t(layers.length === 0 ? "gates.none_about" : "reading.no_words_about"),
        ),
      );
      return;
    }
    drawChoices(layers[0]);
    if (!layers[0].arrays[shown]) {
      ask();
      return;
    }
    fill(
      answer,
      el("p", { class: "note", text: wordsFor("about", shown, layers[0].cell) }),
      el("p", { class: "note answers-from", text: answersFrom(reading.model) }),
      reading.branch && el("p", { class: "note", text: t("branch.no_states") }),
      layers.map((layer, place) => layerCard(reading, layer, place)),
    );
  }

  /** The buttons stay while the text changes, and with them the keyboard's place. */
  function drawChoices({ kinds, cell }) {
    if (choices === `${cell} ${kinds}`) return;
    choices = `${cell} ${kinds}`;
    if (!kinds.includes(shown)) shown = kinds[0];
    fill(
      tools,
      choice(
        t("gates.show"),
        kinds.map((kind) => [kind, nameOf(kind, cell)]),
        shown,
        (kind) => {
          shown = kind;
          ask();
        },
      ),
      choice(
        t("gates.order"),
        [
          ["sorted", t("gates.sorted")],
          ["number", t("gates.numbered")],
        ],
        sorted ? "sorted" : "number",
        (order) => {
          sorted = order === "sorted";
          draw(last);
        },
      ),
    );
  }

  function layerCard(reading, layer, place) {
    const { shape, numbers } = numbersOf(layer.arrays[shown]);
    const units = sorted ? layer.order : Array.from({ length: shape[1] }, (_, unit) => unit);
    // The linear branch may read on where the network does not.
    const words = reading.tokens.slice(0, shape[0]).map((token) => token.text);
    const value = (row, column) => numbers[row * shape[1] + units[column]];
    // Gates lie between 0 and 1, most states between −1 and 1; a memory cell, and a state without a product, has no bound.
    const gate = shown !== "h" && shown !== "c" && !isCandidate(shown);
    const most = gate ? 1 : Math.max(1, Math.ceil(numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0) * 10) / 10);
    const written = (one) => (gate ? number(one, { digits: 3, fixed: true }) : signed(one, 3));
    const title = t("gates.layer", {
      layer: number(layer.layer + 1),
      direction: t(`gates.${layer.direction}`),
      what: nameOf(shown, layer.cell),
    });
    // States alone are kept for a whole file, and of the words that the network reads.
    const search =
      ["h", "c"].includes(shown) &&
      stateSearch({
        layer: layer.layer,
        direction: layer.direction,
        state: shown,
        words,
        value: (row, unit) => numbers[row * shape[1] + unit],
        count: shape[1],
        most,
        byFinger: (on) => map.byFinger(on),
        signal: lifetime.signal,
      });
    const map = heatMap({
      rows: words,
      columns: units.map(String),
      value,
      lowest: gate ? 0 : -most,
      highest: most,
      label: title,
      signal: lifetime.signal,
      chosen: search ? (box) => search.choose(box, box ? units.slice(box.columns[0], box.columns[1] + 1) : []) : null,
      said: (row, column) =>
        t("gates.cell", {
          word: words[row],
          unit: String(units[column]),
          value: written(value(row, column)),
          role: roleOf(layer, units[column]),
        }),
    });
    const name = fileName("gates", reading.model, layer.layer + 1, layer.direction, shown);
    return card(title, {
      note: words.length > SCROLLS ? t("gates.scrolls", { count: words.length }) : null,
      help: place === 0 && "heat",
      tools: map.scale,
      body: [
        el(
          "div",
          { class: `heat-and-units ${units.length <= FEW ? "few" : ""}` },
          map.node,
          unitList(layer, units),
        ),
        search && search.node,
      ],
      table: foldedTable(
        title,
        [
          { name: t("reading.word") },
          ...units.map((unit) => ({ name: t("gates.unit", { unit: String(unit) }), number: true })),
        ],
        () => words.map((word, row) => [word, ...units.map((unit, column) => written(value(row, column)))]),
      ),
      downloads: [pngButton(name, map.picture), jsonButton(name, () => everything(reading, place))],
    });
  }

  // Only what is shown is asked for: all states of a long text are many megabytes. Another model may have other gates.
  const request = () => readRequest({ compact: [last?.model === store.model ? shown : "h"] });
  const ask = follow(answer, { path: "/v1/read", request, draw, signal });
  return ask();
}

/** All states and gates of a layer, as lists of numbers. */
async function everything({ text, model }, place) {
  return (await post("/v1/read", { text, model, gates: true })).layers[place];
}

/** Candidates and an SRU's highway input have a sign; the other gates are shares. */
function isCandidate(kind) {
  return ["gates.g", "gates.x", "gates.h"].includes(kind);
}

function wordsFor(group, kind, cell) {
  const name = kind === "gates.h" ? "candidate_h" : kind.replace("gates.", "");
  const own = `gates.${group}.${cell}_${name}`;
  return t(knows(own) ? own : `gates.${group}.${name}`);
}

function nameOf(kind, cell) {
  return wordsFor("names", kind, cell);
}

function roleOf(layer, unit) {
  return roleWords(layer.roles?.[unit] ?? "");
}

/** What each unit does, in words, in the order of the picture. */
function unitList(layer, units) {
  if (!layer.roles?.some(Boolean)) return null;
  return el(
    "details",
    { class: "as-table", open: units.length <= FEW },
    el("summary", { text: t("gates.what_units_do") }),
    el(
      "ul",
      { class: "note units-note" },
      ["with", "stays", "half_life"].map((what) => el("li", { text: t(`gates.units_note.${what}`) })),
    ),
    el(
      "ol",
      { class: "units" },
      units.map((unit) =>
        el(
          "li",
          {},
          el("span", { class: "figure", text: unit }),
          " ",
          el("span", { dir: "auto", text: roleOf(layer, unit) }),
        ),
      ),
    ),
  );
}
