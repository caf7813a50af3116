// The two axes: which values are written, how much room they take, and their lines.

import { el } from "../dom.js";
import { number } from "../i18n.js";
import { powerTicks, roundTicks, scaleOf } from "./scale.js";

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK JP", sans-serif';
export const SIZE = 12.5;
const LINE = 17;
const LONGEST = 110;

const pen = document.createElement("canvas").getContext("2d");

/** The width of a text in a chart, in pixels. */
export function widthOf(text) {
  pen.font = `${SIZE}px ${FONT}`;
  return pen.measureText(text).width;
}

/**
 * What is written along an axis.
 * @param {object} axis `range` (of values); `ticks` (pairs of value and text) or `format` (of a value, given the step);
 *   `log`; `whole` (values between whole numbers mean nothing).
 * @param {number} count about how many there is room for.
 * @returns {Array<[number, string]>}
 */
export function ticksOf({ range, ticks, format, log, whole }, count) {
  if (ticks) return ticks;
  if (log) return powerTicks(range, count).map((value) => [value, powerOfTen(value)]);
  const { values, step } = roundTicks(range, count, whole);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return values.map((value) => [
    value,
    format ? format(value, step) : number(value, { digits, fixed: true }),
  ]);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 0.01, 1, 100, and 10⁻⁵ where there would be many noughts. */
function powerOfTen(value) {
  const power = Math.round(Math.log10(value));
  if (Math.abs(power) < 4) return number(value, { digits: 3 });
  return `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => RAISED[digit]).join("")}`;
}

/**
 * Where everything stands: the edges of the drawing and the scales.
 * @param {number} width and `height` of the whole picture.
 * @param {object} x and `y` the axes.
 */
export function placed(width, height, x, y) {
  const top = 10;
  const right = width - 14;
  const yTicks = ticksOf(y, Math.max(2, Math.floor(height / 56)));
  const left = Math.ceil(Math.max(24, ...yTicks.map(([, text]) => widthOf(text) + 10))) + (y.title ? LINE + 4 : 0);
  const xTicks = ticksOf(x, Math.max(2, Math.floor((right - left) / 80)));
  const xScale = scaleOf(x.range, [left, right], x.log);
  const written = along(xTicks, xScale);
  const bottom = height - written.room - (x.title ? LINE + 4 : 0);
  const yScale = scaleOf(y.range, [bottom, top], y.log);
  return { left, right, top, bottom, x: xScale, y: yScale, written, yTicks, titles: [x.title, y.title] };
}

/** Texts below the drawing: level where they fit, else upright, and not all of them where there are very many. */
function along(ticks, scale) {
  const wide = ticks.map(([, text]) => widthOf(text));
  const places = ticks.map(([value]) => scale(value));
  const gap = ticks.length > 1 ? Math.abs(places.at(-1) - places[0]) / (ticks.length - 1) : Infinity;
  if (wide.every((width, k) => k === 0 || places[k] - places[k - 1] > (width + wide[k - 1]) / 2 + 6))
    return { upright: false, shown: ticks, room: LINE + 8 };
  const every = Math.max(1, Math.ceil(14 / gap));
  const shown = ticks.filter((tick, k) => k % every === 0);
  return { upright: true, shown, room: Math.min(LONGEST, Math.max(...wide)) + 12 };
}

/** A text that is not wider than `most` pixels. */
function fitting(text, most) {
  if (widthOf(text) <= most) return text;
  let kept = [...text];
  while (kept.length > 1 && widthOf(`${kept.join("")}…`) > most) kept = kept.slice(0, -1);
  return `${kept.join("")}…`;
}

/**
 * The axes as elements.
 * @param {object} layout from `placed`.
 * @param {{line: string, soft: string}} colours
 */
export function drawAxes({ left, right, top, bottom, x, y, written, yTicks, titles }, { line, soft }) {
  const text = { fill: soft };
  return [
    el(
      "svg:g",
      { class: "chart-grid", stroke: line, "stroke-width": 1 },
      yTicks.map(([value]) => el("svg:path", { d: `M${left} ${crisp(y(value))}H${right}` })),
      el("svg:path", { d: `M${left - 0.5} ${top}V${crisp(bottom)}H${right}`, fill: "none" }),
      written.shown.map(([value]) => el("svg:path", { d: `M${crisp(x(value))} ${crisp(bottom)}v4` })),
    ),
    el(
      "svg:g",
      { class: "chart-y", ...text, "text-anchor": "end" },
      yTicks.map(([value, words]) => el("svg:text", { x: left - 8, y: y(value) + 4.4, text: words })),
    ),
    el(
      "svg:g",
      { class: "chart-x", ...text, "text-anchor": written.upright ? "end" : "middle" },
      written.shown.map(([value, words]) =>
        written.upright
          ? el("svg:text", {
              transform: `translate(${(x(value) + 4.4).toFixed(1)} ${bottom + 8}) rotate(-90)`,
              text: fitting(words, LONGEST),
            })
          : el("svg:text", { x: x(value).toFixed(1), y: bottom + 19, text: words }),
      ),
    ),
    titles[0] &&
      el("svg:text", {
        class: "chart-x-title",
        ...text,
        x: (left + right) / 2,
        y: bottom + written.room + LINE - 4,
        "text-anchor": "middle",
        text: titles[0],
      }),
    titles[1] &&
      el("svg:text", {
        class: "chart-y-title",
        ...text,
        transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)`,
        "text-anchor": "middle",
        text: titles[1],
      }),
  ];
}

/** The middle of a pixel, where a thin line is sharp. */
function crisp(value) {
  return Math.floor(value) + 0.5;
}
