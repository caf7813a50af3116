// Probabilities as bars: a list, longest first, each with its number and, where labels have one, its threshold.

import { el } from "../dom.js";
import { percent, t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { areMany, largest, seriesStyle } from "./labels.js";

const SHOWN = 6;
// Of many classes, those that have a colour.
const TOP = 5;
const LONG = 18;

/**
 * The most probable classes with bars; what is left over is one line.
 * @param {Array} labels the classes.
 * @param {number[]} probabilities of each class.
 * @param {number[]} [thresholds] of each label, where a text may have several: the probabilities then have no sum.
 */
export function probabilityBars(labels, probabilities, thresholds) {
  const shown = largest(probabilities, areMany(labels) ? TOP : SHOWN);
  const rest = labels.length - shown.length;
  const left = Math.max(0, 1 - shown.reduce((sum, place) => sum + probabilities[place], 0));
  return el(
    "ul",
    { class: `bars${shown.some((place) => String(labels[place]).length > LONG) ? " long" : ""}` },
    shown.map((place) =>
      el(
        "li",
        { class: "bar", style: seriesStyle(place) },
        labelName(labels[place], place),
        el(
          "span",
          { class: "bar-track", "aria-hidden": "true" },
          el("span", { class: "bar-fill", style: { "--share": probabilities[place] } }),
          thresholds && el("span", { class: "bar-threshold", style: { "--share": thresholds[place] } }),
        ),
        el("span", { class: "figure", text: percent(probabilities[place]) }),
        thresholds &&
          el("span", { class: "unseen", text: t("bars.threshold", { threshold: percent(thresholds[place]) }) }),
      ),
    ),
    rest > 0 &&
      el(
        "li",
        { class: "bar rest" },
        el("span", { text: t("bars.others", { count: rest }) }),
        el("span"),
        !thresholds && el("span", { class: "figure", text: percent(left) }),
      ),
  );
}
