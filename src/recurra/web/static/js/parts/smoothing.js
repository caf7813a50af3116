// A slider that smooths curves, as an exponential moving average.

import { el } from "../dom.js";
import { number, t } from "../i18n.js";

/** The slider; `change` is called with a weight from 0, nothing, to 0.95. */
export function smoothing(value, change) {
  const said = el("span", { class: "figure", text: number(value, { digits: 2, fixed: true }) });
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 0.95,
    step: 0.05,
    value,
    on: {
      input: () => {
        said.textContent = number(Number(slider.value), { digits: 2, fixed: true });
        change(Number(slider.value));
      },
    },
  });
  return el("label", { class: "choice smoothing" }, el("span", { class: "choice-name", text: t("runs.smoothing") }), slider, said);
}

/**
 * The moving average m of values v: m ← w m + (1 − w) v, divided by the sum of its weights, 1 − wⁿ after n values, so that
 * it does not begin near nought.
 */
export function smoothed(values, weight) {
  let mean = 0;
  return values.map((value, place) => {
    mean = weight * mean + (1 - weight) * value;
    return weight === 0 ? value : mean / (1 - weight ** (place + 1));
  });
}
