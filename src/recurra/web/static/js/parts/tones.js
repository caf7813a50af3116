// Models and runs: colours of their own, so that none is taken for a class; each has its own dashes as well.

import { el } from "../dom.js";
import { css } from "../theme.js";
import { DASHES } from "./dashes.js";

const TONES = 6;

/** How a chart draws the line of the model or run at a place. */
export function toneLine(place, dash = place) {
  return { colour: css(`tone-${(place % TONES) + 1}`), width: 2, dash: DASHES[dash % DASHES.length] };
}

/** The same line in a legend. */
export function toneSwatch(place, dash = place) {
  return el(
    "svg:svg",
    { class: "swatch", viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true" },
    el("svg:path", {
      d: "M0 4h28",
      class: `tone-${(place % TONES) + 1}`,
      "stroke-dasharray": DASHES[dash % DASHES.length],
    }),
  );
}

/** A legend of lines. */
export function toneLegend(names) {
  return el(
    "ul",
    { class: "legend" },
    names.map(([name, place, dash]) => el("li", {}, toneSwatch(place, dash), el("bdi", { text: name }))),
  );
}
