// The class probabilities after every word, as lines.

import { chart } from "../charts/chart.js";
import { probabilityAxis } from "../charts/probability-axis.js";
import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { areMany, colourOf, look } from "./labels.js";
import { classFinder, colourTop, everLikely } from "./top-classes.js";

const LINES = 6;
// Of many classes, those that are drawn in grey.
const GREY = 12;
// More words than this are numbered along the axis instead of written there.
const WRITTEN = 60;

/**
 * The chart of a reading. By beginnings, x 0 is before any word and x t after the t-th; by ends, x t is the text from
 * the (t + 1)-th word on, and the last one an empty text.
 * @param {function(): object} current gives the reading, as /v1/read answers.
 * @param {object} options `ends` (says whether the ends are shown instead of the beginnings); `reached` is called with
 *   the place of the word under the pointer, null where there is none; `recoloured` when other classes have a colour;
 *   `signal`.
 * @returns what `chart` returns, `legend`, `markWord(place)` and `show()`, which is called when the reading is another.
 */
export function probabilityChart(current, { ends, reached, recoloured, signal }) {
  const names = el("ul", { class: "legend" });
  let found = [];
  let coloured = null;
  const finder =
    areMany(current().labels) &&
    classFinder(current().labels, (places) => {
      found = places;
      colour();
      recoloured();
    });
  const legend = finder ? finder.node : names;

  /** To be called before anything of a reading is drawn. */
  function colour() {
    coloured = colourTop([current()], found);
  }
  const placeAt = (x) => (ends() ? x : x - 1);

  /** The classes that are drawn: those with a colour, over others in grey; else the likely ones, in the model's order. */
  function classes() {
    if (!coloured) return everLikely(current(), LINES).sort((a, b) => a - b);
    return [...everLikely(current(), GREY).filter((place) => !coloured.includes(place)), ...coloured];
  }

  function draw() {
    const reading = current();
    const tokens = reading.tokens.map((token) => token.text);
    const rows = ends() ? [...reading.suffix_probabilities, reading.start] : [reading.start, ...reading.probabilities];
    const words = ends() ? [...tokens, t("reading.after_short")] : [t("reading.before_short"), ...tokens];
    const x = rows.map((row, place) => place);
    const written = rows.length <= WRITTEN;
    const shown = classes();
    return {
      series: shown.map((c) => ({
        x,
        y: rows.map((row) => row[c]),
        colour: colourOf(c),
        ...(coloured && !coloured.includes(c)
          ? { width: 0.8 }
          : {
              name: String(reading.labels[c]),
              width: 2,
              dash: look(c).dash,
              symbol: written ? look(c).symbol : null,
            }),
      })),
      x: written
        ? { ticks: words.map((word, place) => [place, word]), range: [-0.3, rows.length - 0.7] }
        : { whole: true },
      y: probabilityAxis(rows.flatMap((row) => shown.map((c) => row[c]))),
    };
  }

  const plot = chart({
    draw,
    height: 300,
    signal,
    hovered: (x) => {
      plot.mark(x);
      reached(x !== null && placeAt(x) in current().tokens ? placeAt(x) : null);
    },
  });

  return {
    ...plot,
    legend,
    colour,
    markWord: (place) => plot.mark(ends() ? place : place + 1),
    show() {
      const reading = current();
      if (finder) finder.show(coloured);
      else
        fill(
          names,
          classes().map((c) => el("li", {}, labelName(reading.labels[c], c))),
        );
      plot.describe(t("reading.chart_label", { label: reading.label, count: reading.tokens.length }));
      plot.mark(null);
      plot.redraw();
    },
  };
}
