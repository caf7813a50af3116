// What each word did to the classes, from the change of the logits.

import { signed } from "../i18n.js";
import { largest } from "./labels.js";

/**
 * Evidence for one class, or for the class that each word speaks for most.
 *
 * Where each text has one class only differences between logits count (softmax is blind to a shift of all of them), so
 * the mean over the classes is taken off first; where it may have several labels each logit counts by itself.
 * @param {object} reading as /v1/read answers.
 * @param {number|null} place the class; null for each word's own.
 */
export function tintsOf(reading, place) {
  return reading.evidence.map((changes) => {
    const mean = reading.given ? 0 : changes.reduce((sum, change) => sum + change, 0) / changes.length;
    const centred = changes.map((change) => change - mean);
    const chosen = place ?? largest(centred, 1)[0];
    return { place: chosen, value: centred[chosen], said: `${signed(centred[chosen], 2)} ${reading.labels[chosen]}` };
  });
}
