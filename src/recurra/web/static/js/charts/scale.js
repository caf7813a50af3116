// From values to places on an axis and back, and the values that are written along it.

/**
 * A scale from values to pixels.
 * @param {[number, number]} domain the values at the two ends.
 * @param {[number, number]} range the pixels there.
 * @param {boolean} log by their logarithm; values must then be above nought.
 * @returns a function; `invert(pixel)` is its inverse.
 */
export function scaleOf(domain, range, log = false) {
  const [from, to] = log ? domain.map(Math.log10) : domain;
  const slope = (range[1] - range[0]) / (to - from || 1);
  const place = (value) => range[0] + slope * ((log ? Math.log10(value) : value) - from);
  place.invert = (pixel) => {
    const value = from + (pixel - range[0]) / slope;
    return log ? 10 ** value : value;
  };
  return place;
}

/** The least and the greatest of the values that are numbers; null where there are none. */
export function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? null : [low, high];
}

/** A domain a little wider than the values, which a single value gets too. */
export function padded([low, high], share) {
  const edge = share * (high - low || Math.abs(high) || 1);
  return [low - edge, high + edge];
}

/** One of 1, 2, 5, 10, 20 … (and 0.5, 0.2 …) that is not much below `step`. */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= step * 0.75);
}

/**
 * Round values within a domain, at most about `count` of them.
 * @param {boolean} whole whether values between whole numbers mean nothing.
 * @returns {{values: number[], step: number}}
 */
export function roundTicks([low, high], count, whole = false) {
  const step = Math.max(whole ? 1 : 0, roundStep((high - low || 1) / Math.max(1, count)));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    // As multiples of the step, rounded: sums of 0.1 would end in 0.30000000000000004.
    values: Array.from({ length: Math.max(0, last - first + 1) }, (_, k) =>
      Number(((first + k) * step).toFixed(digits)),
    ),
    step,
  };
}

/** Powers of ten within a domain, at most about `count`, counted from 1. */
export function powerTicks([low, high], count) {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const step = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => 10 ** ((first + k) * step));
}
