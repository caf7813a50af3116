// An answer as bars, the most probable label first.

import { el } from "./dom.js";
import { percent, t } from "./words.js";

// Labels in sight; the rest is folded.
const SHOWN = 10;

/** The places of the labels that the model gives: the most probable one, or all that reach their thresholds. */
export function given(probabilities, thresholds) {
  const order = probabilities.map((_, place) => place).sort((a, b) => probabilities[b] - probabilities[a]);
  return thresholds ? order.filter((place) => probabilities[place] >= thresholds[place]) : order.slice(0, 1);
}

/** The labels that are given, as one text. */
export function names(labels, places) {
  return places.length > 0 ? places.map((place) => labels[place]).join(", ") : t("none");
}

/**
 * The answer to a text.
 * @param {string[]} labels
 * @param {number[]} probabilities of each label.
 * @param {number[]|null} thresholds of each label, where a text may have several.
 */
export function answerCard(labels, probabilities, thresholds) {
  const places = given(probabilities, thresholds);
  const order = probabilities.map((_, place) => place).sort((a, b) => probabilities[b] - probabilities[a]);
  const bar = (place) => {
    const isGiven = places.includes(place);
    return el(
      "li",
      { class: isGiven ? "bar given" : "bar" },
      el("span", {}, thresholds && el("span", { "aria-hidden": "true", text: isGiven ? "✓ " : "" }), labels[place]),
      el(
        "span",
        { class: "bar-track", "aria-hidden": "true" },
        el("span", { class: "bar-fill", style: { "--share": probabilities[place] } }),
        thresholds && el("span", { class: "bar-threshold", style: { "--share": thresholds[place] } }),
      ),
      el(
        "span",
        { class: "figure" },
        percent(probabilities[place]),
        thresholds && el("span", { class: "soft", text: ` / ${percent(thresholds[place])}`, "aria-hidden": "true" }),
        thresholds && el("span", { class: "unseen", text: ` (${t("threshold", { threshold: percent(thresholds[place]) })})` }),
      ),
    );
  };
  // One more label is no reason to fold.
  const shown = order.length <= SHOWN + 1 ? order.length : SHOWN;
  const folded = order.slice(shown);
  return [
    el("h2", { class: "soft", text: t("answer") }),
    el("p", { class: "answer-name", text: names(labels, places) }),
    el("ul", { class: "bars" }, order.slice(0, shown).map(bar)),
    folded.length > 0 &&
      el(
        "details",
        {},
        el("summary", { text: t("more", { count: folded.length }) }),
        el("ul", { class: "bars" }, folded.map(bar)),
      ),
  ];
}
