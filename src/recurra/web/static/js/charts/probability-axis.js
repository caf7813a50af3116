// The axis of probabilities: from 0 to 100 %, or to what is shown where that is little.

import { percent } from "../i18n.js";
import { extent } from "./scale.js";

// Below this the axis ends a little above the largest value, so that many classes are told apart.
const LITTLE = 0.4;

/** A share as an axis has it, with the decimals that the step between two needs. */
export function shareTick(value, step) {
  return percent(value, Math.max(0, -Math.floor(Math.log10(100 * step) + 1e-9)));
}

/** The axis for these probabilities. */
export function probabilityAxis(values) {
  const most = extent(values)?.[1] ?? 1;
  const top = most < LITTLE ? Math.max(most, 0.001) : 1;
  return {
    range: [-0.02 * top, 1.03 * top],
    format: shareTick,
    ...(top === 1 ? { ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, percent(value, 0)]) } : {}),
  };
}
