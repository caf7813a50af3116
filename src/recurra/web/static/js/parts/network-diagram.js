// The network as boxes from the text to the answer: shapes and parameters, and what goes through for one text.

import { el } from "../dom.js";
import { knows, number, percent, signed, t } from "../i18n.js";
import { addressOf } from "../router.js";
import { shown } from "../store.js";
import { aloneAnswer } from "./alone.js";
import { probabilityBars } from "./bars.js";
import { pooledStrip, stateStrip } from "./state-strip.js";

// So many tokens stand in the text's box.
const TOKENS = 14;
const PHRASES = 4;

/**
 * @param {object} info of the model, as /v1/models has it.
 * @param {Object<string, number[]>} shapes of the weights, by their names.
 * @param {object} reading of the text, with `compact_layers` that hold h.
 * @param {AbortSignal} signal ends the drawings.
 */
export function networkDiagram(info, shapes, reading, signal) {
  const traces = reading.compact_layers ?? [];
  const read = traces[0]?.arrays.h?.shape[0] ?? reading.tokens.length;
  const { network, branch } = info;
  const sizes = dimensions(network, shapes);
  const lane = el(
    "ol",
    { class: "net-lane", "aria-label": t("model.recurrent_network") },
    node(inputName(network), {
      weights: weightsOf(shapes, ["embedding"]),
      parameters: info.parameters.embedding,
      out: `${number(read)} × ${number(sizes.input)}`,
      note: network.input === "embedding" ? null : t("model.one_hot", { rows: sizes.input }),
    }),
    Array.from({ length: network.layers }, (_, layer) =>
      layerNode(info, shapes, layer, traces.filter((trace) => trace.layer === layer), `${number(read)} × ${number(sizes.state)}`, signal),
    ),
    node(t("model.pooling", { kinds: network.pooling.map(poolingName).join(t("model.between")) }), {
      weights: weightsOf(shapes, ["attention.W", "attention.b", "attention.v"]),
      parameters: info.parameters.attention,
      live: reading.pads
        ? el("p", { class: "soft", text: t("model.with_pads") })
        : pooledStrip(traces, network, signal),
      out: number(sizes.pooled),
    }),
    node(t("model.output"), {
      weights: weightsOf(shapes, ["W_O", "b_O"]),
      parameters: info.parameters.output,
      live: branch && reading.branch && part(reading, reading.branch.alone.network),
      out: number(sizes.outputs),
    }),
  );
  return el(
    "div",
    { class: "net", role: "group", "aria-label": t("model.network") },
    el("ol", { class: "net-lane" }, textNode(reading, read)),
    branch
      ? el("div", { class: "net-lanes" }, lane, el("ol", { class: "net-lane" }, branchNode(info, reading, sizes)))
      : lane,
    el(
      "ol",
      { class: "net-lane" },
      branch && reading.branch && reading.tokens.length > 0 && sumNode(reading, sizes),
      node(t(reading.thresholds ? "model.sigmoid" : "model.softmax"), {
        live: probabilityBars(reading.labels, reading.probabilities.at(-1) ?? reading.start, reading.thresholds),
      }),
    ),
    el("p", { class: "soft", text: t("model.total", { count: info.parameters.total }) }),
  );
}

/** A box: its name, its weights with their shapes, what is live in it, and the size of what leaves it. */
function node(name, { weights = null, parameters = null, note = null, live = null, out = null }) {
  return el(
    "li",
    { class: "net-step" },
    el(
      "div",
      { class: "net-node" },
      el(
        "div",
        { class: "net-head" },
        el("h3", { text: name }),
        parameters ? el("span", { class: "figure soft", text: t("model.parameters", { count: parameters }) }) : null,
      ),
      note && el("p", { class: "soft", text: note }),
      weights,
      live,
    ),
    out && el("span", { class: "net-out figure", text: out }),
  );
}

function textNode(reading, read) {
  const tokens = reading.tokens.slice(0, TOKENS);
  const left = reading.tokens.length - tokens.length;
  const unknown = reading.tokens.filter(({ known }) => !known).length;
  return node(t("model.tokens", { count: reading.tokens.length }), {
    note: [
      unknown > 0 && t("model.unknown", { count: unknown }),
      read < reading.tokens.length && t("model.read", { count: read }),
    ]
      .filter(Boolean)
      .join(" "),
    live: el(
      "p",
      { class: "net-tokens", dir: "auto" },
      tokens.map(({ text, known }) => el("bdi", { class: `net-token${known ? "" : " unknown"}`, text })),
      left > 0 && el("span", { class: "soft", text: t("model.more", { count: left }) }),
    ),
    out: number(reading.tokens.length),
  });
}

function layerNode(info, shapes, layer, traces, out, signal) {
  const { network } = info;
  const directions = network.bidirectional ? ["forward", "backward"] : ["forward"];
  const name = `cells.${network.cell}`;
  return node(t("model.layer", { layer: layer + 1, cell: knows(name) ? t(name) : network.cell }), {
    parameters: info.parameters[`layers.${layer}`],
    out,
    live: [
      el(
        "div",
        { class: "net-directions" },
        directions.map((direction) => {
          const prefix = `layers.${layer}.${direction}.`;
          const trace = traces.find((one) => one.direction === direction);
          return el(
            "div",
            {},
            el("p", { class: "net-direction", text: t(`model.${direction}`, { units: network.hidden }) }),
            weightsOf(
              shapes,
              ["W_I", "W_H", "b", "b_H"].map((one) => prefix + one),
            ),
            trace && stateStrip(trace, signal),
          );
        }),
      ),
      traces.length > 0 && el("a", { href: addressOf("gates", shown()), text: t("model.closer") }),
    ],
  });
}

function branchNode(info, reading, sizes) {
  const { branch, parameters } = info;
  const { branch: found } = reading;
  return node(t("branch.title"), {
    parameters: parameters.branch,
    note: [
      branch.known_ngrams && t("model.ngrams", { count: branch.known_ngrams, longest: branch.ngrams }),
      branch.known_subwords && t("model.subwords", { count: branch.known_subwords, longest: branch.subwords }),
    ]
      .filter(Boolean)
      .join(" "),
    live: found && [
      part(reading, found.alone.branch),
      found.phrases.length > 0 && el("p", { class: "soft", text: t("model.strongest", { label: reading.label }) }),
      el(
        "ul",
        { class: "phrases" },
        found.phrases.slice(0, PHRASES).map(({ text, share }) =>
          el("li", {}, el("bdi", { class: "quoted", text }), " ", el("span", { class: "figure", text: signed(share) })),
        ),
      ),
    ],
    out: number(sizes.outputs),
  });
}

/** Both outputs are added; how much of the evidence either gives. */
function sumNode(reading, sizes) {
  const { share } = reading.branch;
  const parts = [
    ["network", 1 - share],
    ["branch", share],
  ];
  return node(t("model.sum"), {
    live: el(
      "ul",
      { class: "net-shares" },
      parts.map(([name, value]) =>
        el(
          "li",
          {},
          el("span", { text: t(`model.share_${name}`) }),
          el(
            "span",
            { class: "bar-track", "aria-hidden": "true" },
            el("span", { class: `bar-fill net-${name}`, style: { "--share": value } }),
          ),
          el("span", { class: "figure", text: percent(value, 0) }),
        ),
      ),
    ),
    out: number(sizes.outputs),
  });
}

/** What a part would answer alone. */
function part(reading, probabilities) {
  return el(
    "p",
    {},
    el("span", { class: "soft", text: t("model.alone") }),
    " ",
    aloneAnswer(reading, probabilities),
  );
}

function inputName(network) {
  return t(network.input === "embedding" ? "model.embedding" : "model.input");
}

function poolingName(kind) {
  return knows(`model.pooled.${kind}`) ? t(`model.pooled.${kind}`) : kind;
}

/** The sizes between the boxes. */
function dimensions(network, shapes) {
  const [pooled, outputs] = shapes.W_O;
  const [input] = shapes["layers.0.forward.W_I"];
  return { input, state: network.hidden * (network.bidirectional ? 2 : 1), pooled, outputs };
}

/** Weights with their shapes, as the model file names them; nothing where there are none. */
function weightsOf(shapes, names) {
  const there = names.filter((name) => shapes[name]);
  if (there.length === 0) return null;
  return el(
    "ul",
    { class: "net-weights figure" },
    there.map((name) =>
      el("li", {}, el("code", { text: name.split(".").at(-1) }), ` ${shapes[name].map((size) => number(size)).join(" × ")}`),
    ),
  );
}
