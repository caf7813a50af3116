// Gates and state: what every unit holds after every word, layer by layer and direction by direction.

import { heatMap } from "../charts/heat-map.js";
import { el, fill } from "../dom.js";
import { number, signed, t, knows } from "../i18n.js";
import { card, choice } from "../parts/card.js";
import { fileName, jsonButton, pngButton } from "../parts/download.js";
import { follow, readRequest } from "../parts/follow.js";
import { emptyPanel } from "../parts/notices.js";
import { roleWords } from "../parts/roles.js";
import { foldedTable } from "../parts/table.js";
import { textPanel } from "../parts/text-panel.js";

// So few units that what they do stands beside the picture.
const FEW = 16;

export function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  const tools = el("div", { class: "toolbar" });
  fill(body, textPanel(signal), tools, answer);
  let shown = "h";
  let sorted = true;
  let last = null;
  let lifetime = new AbortController();
  signal.addEventListener("abort", () => lifetime.abort());

  function draw(reading) {
    last = reading;
    lifetime.abort();
    lifetime = new AbortController();
    const layers = reading.layers ?? [];
    if (reading.tokens.length === 0 || layers.length === 0) {
      fill(tools);
      fill(
        answer,
        emptyPanel(
          t(layers.length === 0 ? "gates.none" : "reading.no_words"),
          t(layers.length === 0 ? "gates.none_about" : "reading.no_words_about"),
        ),
      );
      return;
    }
    const kinds = kindsOf(layers);
    if (!kinds.includes(shown)) shown = kinds[0];
    fill(
      tools,
      choice(
        t("gates.show"),
        kinds.map((kind) => [kind, nameOf(kind, layers[0].cell)]),
        shown,
        (kind) => {
          shown = kind;
          draw(last);
          refocus(tools, 0);
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
          refocus(tools, 1);
        },
      ),
    );
    fill(
      answer,
      el("p", { class: "note", text: wordsFor("about", shown, layers[0].cell) }),
      reading.branch && el("p", { class: "note", text: t("branch.no_states") }),
      layers.map((layer) => layerCard(reading, layer)),
    );
  }

  function layerCard(reading, layer) {
    const values = valuesOf(layer, shown);
    const units = sorted ? layer.order : layer.h[0].map((value, unit) => unit);
    // The linear branch may read on where the network does not.
    const words = reading.tokens.slice(0, layer.h.length).map((token) => token.text);
    const rows = values.map((row) => units.map((unit) => row[unit]));
    const flat = rows.flat();
    // Gates lie between 0 and 1, most states between −1 and 1; a memory cell, and a state without a product, has no bound.
    const gate = shown !== "h" && shown !== "c" && !isCandidate(shown);
    const most = gate ? 1 : Math.max(1, Math.ceil(Math.max(...flat.map(Math.abs)) * 10) / 10);
    const title = t("gates.layer", {
      layer: number(layer.layer + 1),
      direction: t(`gates.${layer.direction}`),
      what: nameOf(shown, layer.cell),
    });
    const map = heatMap({
      rows: words,
      columns: units.map(String),
      value: (row, column) => rows[row][column],
      lowest: gate ? 0 : -most,
      highest: most,
      label: title,
      signal: lifetime.signal,
      said: (row, column) =>
        t("gates.cell", {
          word: words[row],
          unit: String(units[column]),
          value: gate ? number(rows[row][column], { digits: 3, fixed: true }) : signed(rows[row][column], 3),
          role: roleOf(layer, units[column]),
        }),
    });
    const name = fileName("gates", reading.model, layer.layer + 1, layer.direction, shown);
    return card(title, {
      tools: map.scale,
      body: el(
        "div",
        { class: `heat-and-units ${units.length <= FEW ? "few" : ""}` },
        map.node,
        unitList(layer, units),
      ),
      table: foldedTable(
        title,
        [
          { name: t("reading.word") },
          ...units.map((unit) => ({ name: t("gates.unit", { unit: String(unit) }), number: true })),
        ],
        () =>
          rows.map((row, place) => [
            words[place],
            ...row.map((value) => (gate ? number(value, { digits: 3, fixed: true }) : signed(value, 3))),
          ]),
      ),
      downloads: [pngButton(name, map.picture), jsonButton(name, () => layer)],
    });
  }

  return follow(answer, { path: "/v1/read", request: () => readRequest({ gates: true }), draw, signal });
}

/** The keyboard stays where it was when the buttons are drawn again. */
function refocus(tools, place) {
  tools.children[place].querySelector("input:checked").focus();
}

/** What can be shown of a layer: its state, its memory cell, and its gates; GRU's candidate, h, is no state. */
function kindsOf(layers) {
  const gates = Object.keys(layers[0].gates).map((name) => (name === "h" ? "gate:h" : name));
  return ["h", ...(layers[0].c ? ["c"] : []), ...gates];
}

function valuesOf(layer, kind) {
  if (kind === "h") return layer.h;
  if (kind === "c") return layer.c;
  return layer.gates[kind.replace("gate:", "")];
}

/** Candidates and an SRU's highway input have a sign; the other gates are shares. */
function isCandidate(kind) {
  return ["g", "x", "gate:h"].includes(kind);
}

function wordsFor(group, kind, cell) {
  const name = kind.replace("gate:", "candidate_");
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
