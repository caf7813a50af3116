// The class probabilities after every word, as lines.

import { el } from "../dom.js";
import { number, t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { colourOf, largest, look } from "./labels.js";
import { chart, plain } from "./plot.js";

const LINES = 6;
// More words than this are numbered along the axis instead of written there.
const WRITTEN = 60;

/**
 * The chart of a reading: x 0 is before any word, x t after the t-th.
 * @param {object} reading as /v1/read answers.
 * @param {object} options `signal`; `reached` is called with a word's place (from 0) under the pointer, −1 before any, null when it leaves.
 */
export function probabilityChart(reading, { signal, reached }) {
  const steps = [reading.start, ...reading.probabilities];
  const classes = largest(reading.labels.map((label, c) => Math.max(...steps.map((row) => row[c]))), LINES).sort((a, b) => a - b);
  const words = [t("reading.before_short"), ...reading.tokens.map((token) => token.text)];
  const written = words.length <= WRITTEN;
  const draw = () => ({
    traces: classes.map((c) => ({
      type: "scatter", mode: steps.length <= WRITTEN ? "lines+markers" : "lines", hoverinfo: "none", name: plain(reading.labels[c]),
      x: steps.map((row, place) => place), y: steps.map((row) => row[c]),
      line: { color: colourOf(c), width: 2, dash: look(c).dash }, marker: { color: colourOf(c), symbol: look(c).symbol, size: 6 },
    })),
    layout: {
      hovermode: "x",
      xaxis: written ? { tickvals: words.map((word, place) => place), ticktext: words.map((word) => plain(word.length > 14 ? `${word.slice(0, 13)}…` : word)), range: [-0.3, words.length - 0.7] } : {},
      yaxis: { range: [-0.02, 1.02], tickformat: ".0%", dtick: 0.25 },
    },
  });
  const label = t("reading.chart_label", { label: reading.label, count: number(reading.tokens.length) });
  const plot = chart({ label, draw, height: 300, signal, hovered: (x) => { plot.mark(x); reached(x === null ? null : x - 1); } });
  const legend = el("ul", { class: "legend" }, classes.map((c) => el("li", {}, labelName(reading.labels[c], c))));
  return { ...plot, legend };
}
