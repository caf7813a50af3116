// One scale for a word's tint and the number under it: what is shown as zero has no tint, and what is tinted fully is
// shown as the largest number.

import { signed } from "../i18n.js";

const MOST_DIGITS = 4;

/**
 * The scale of a line of words.
 * @param {Array<{value: number}>} tints
 * @param {object} options `digits`, the fewest decimal places; `largest`, the value that is tinted fully where several
 *   lines share a scale.
 * @returns {{shown: function, share: function, figure: function}} the value as it is rounded, the strength of its tint
 *   (0 to 1), and its text.
 */
export function tintScale(tints, { digits = 1, largest = largestOf(tints) } = {}) {
  // So many places that the largest number has a figure that is not zero, and mostly two.
  const wanted = largest > 0 ? Math.ceil(-Math.log10(2 * largest)) + 1 : digits;
  const places = Math.min(MOST_DIGITS, Math.max(digits, wanted));
  const shown = ({ value }) => Number(value.toFixed(places));
  const most = Number(largest.toFixed(places));
  return {
    shown,
    share: (tint) => (most > 0 ? Math.min(1, Math.abs(shown(tint)) / most) : 0),
    figure: ({ value }) => signed(value, places),
  };
}

/** The largest size of a value. */
export function largestOf(tints) {
  return tints.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
}
