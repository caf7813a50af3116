// Small pictures of states: a column for each word, a row for each unit; and of what pooling makes of them.

import { cellImage } from "../charts/cell-image.js";
import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { onTheme } from "../theme.js";
import { numbersOf } from "./packed.js";

/** The states of one direction of a layer over the words. */
export function stateStrip(trace, signal) {
  const { shape, numbers } = numbersOf(trace.arrays.h);
  const [words, units] = shape;
  const at = (row, column) => numbers[column * units + trace.order[row]];
  return strip(units, words, at, mostOf(numbers), t("model.states_of", { words, units }), signal);
}

/** What pooling makes of the last layer's states, where these are all that it reads; one line of numbers for each kind. */
export function pooledStrip(traces, network, signal) {
  const last = traces.filter(({ layer }) => layer === network.layers - 1);
  const kinds = network.pooling.filter((kind) => POOLING[kind]);
  if (last.length === 0 || kinds.length < network.pooling.length) return null;
  const lines = kinds.map((kind) => last.flatMap((trace) => pooled(trace, POOLING[kind])));
  const units = lines[0].length;
  const label = t("model.pooled_of", { units });
  return strip(lines.length, units, (row, column) => lines[row][column], mostOf(lines.flat()), label, signal);
}

const POOLING = {
  last: (values, direction) => (direction === "backward" ? values[0] : values.at(-1)),
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  max: (values) => values.reduce((most, value) => Math.max(most, value), -Infinity),
};

function pooled(trace, pool) {
  const { shape, numbers } = numbersOf(trace.arrays.h);
  const [words, units] = shape;
  return Array.from({ length: units }, (_, unit) =>
    pool(
      Array.from({ length: words }, (_, word) => numbers[word * units + unit]),
      trace.direction,
    ),
  );
}

function mostOf(numbers) {
  return numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}

function strip(rows, columns, value, most, label, signal) {
  const node = el("div", { class: `net-strip${rows < 4 ? " low" : ""}`, role: "img", "aria-label": label, title: label });
  const paint = () => fill(node, columns > 0 && cellImage(rows, columns, value, -most, most));
  paint();
  onTheme(paint, signal);
  return node;
}
