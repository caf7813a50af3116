// What each part of a model with a linear branch would answer alone, and whether they agree.

import { el } from "../dom.js";
import { percent, t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { answerPlaces, largest, seriesStyle } from "./labels.js";

// Longer names stand above their bars.
const LONG = 18;
// A smaller change of a probability is not seen in its digits.
const UNSEEN = 0.0005;
// Probabilities as near as this are the same; the service rounds them to 7 decimals.
const EVEN = 1e-6;

/** The answer of a part: the places of its labels, the names as one text, and the place that leads. */
function largerAlone(reading, probabilities) {
  const places = answerPlaces(reading, probabilities);
  const text = places.map((place) => String(reading.labels[place])).join(t("branch.between")) || t("reading.no_label");
  return { places, text, place: places[0] ?? largest(probabilities, 1)[0] };
}

/** The name of a part's answer with its probability; a part to which all classes are alike has none. */
export function aloneAnswer(reading, probabilities) {
  if (isEven(probabilities)) return el("span", { text: t("branch.even") });
  const { text, place } = largerAlone(reading, probabilities);
  return [labelName(text, place), " ", el("span", { class: "figure", text: percent(probabilities[place]) })];
}

/** Recurrent network, linear branch and both, each with its answer; and in one sentence whether they agree. */
export function aloneList(reading) {
  const { branch } = reading;
  if (!branch?.alone || reading.tokens.length === 0) return null;
  const parts = [
    ["network", branch.alone.network],
    ["branch", branch.alone.branch],
    ["both", reading.probabilities.at(-1)],
  ].map(([name, probabilities]) => ({ name, probabilities, ...largerAlone(reading, probabilities) }));
  const leading = parts[2].place;
  return el(
    "div",
    { class: "alone" },
    el("p", { class: "alone-said", text: sentence(...parts, reading) }),
    el(
      "ul",
      { class: `alone-parts${parts.some(({ text }) => text.length > LONG) ? " long" : ""}` },
      parts.map(({ name, probabilities, text, place }) =>
        el(
          "li",
          { style: isEven(probabilities) ? { "--series": "var(--series-other)" } : seriesStyle(place) },
          el("span", { class: "soft", text: t(`branch.parts.${name}`) }),
          isEven(probabilities) ? el("span", { text: t("branch.even") }) : labelName(text, place),
          el(
            "span",
            { class: "bar-track", "aria-hidden": "true" },
            el("span", { class: "bar-fill", style: { "--share": probabilities[place] } }),
          ),
          el("span", { class: "figure", text: percent(probabilities[place]) }),
          place !== leading &&
            !isEven(probabilities) &&
            el("span", {
              class: "soft alone-other",
              text: t("branch.for_answer", { label: reading.labels[leading], share: percent(probabilities[leading]) }),
            }),
        ),
      ),
    ),
  );
}

/** Whether a part says nothing: all classes are alike to it. */
function isEven(probabilities) {
  return Math.max(...probabilities) - Math.min(...probabilities) < EVEN;
}

/** Who answers what, in one sentence; where both agree, what the recurrence changes of the probability. */
function sentence(network, branch, both, reading) {
  if (isEven(network.probabilities)) return t("branch.network_even");
  const names = { network: network.text, branch: branch.text, both: both.text };
  if (network.text === branch.text && network.text === both.text) {
    const change = both.probabilities[both.place] - branch.probabilities[both.place];
    const by = { label: reading.labels[both.place], points: percent(Math.abs(change)).replace(/\s*%$/, "") };
    if (Math.abs(change) < UNSEEN) return t("branch.agree_same", by);
    return t(change < 0 ? "branch.agree_less" : "branch.agree_more", by);
  }
  if (network.text === branch.text) return t("branch.only_together", names);
  if (both.text === network.text) return t("branch.network_decides", names);
  return t(both.text === branch.text ? "branch.branch_decides" : "branch.all_differ", names);
}
