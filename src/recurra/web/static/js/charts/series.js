// Series: lines, bands around them and marks, as SVG; very many marks on a canvas.

import { el } from "../dom.js";
import { extent } from "./scale.js";
import { bandPath, linePath, markPath } from "./shapes.js";

/**
 * A series.
 * @typedef {object} Series
 * @property {string} name
 * @property {number[]} x and `y`, as long; a y may be null.
 * @property {string} colour
 * @property {number} [width] of its line; 0: none.
 * @property {string} [dash] an SVG stroke-dasharray.
 * @property {string} [symbol] of its marks: circle, square, triangle, diamond, triangle-down, cross, star; none: none.
 * @property {number|function(number): number} [radius] of a mark, by its place.
 * @property {number} [opacity] of marks.
 * @property {{low: number[], high: number[]}} [band] an area drawn behind, around the line.
 * @property {function(number): string} [said] what is said of a point, by its place; without it the pointer passes over.
 */

/** The domain of all series along "x" or "y", their bands included. */
export function domainOf(series, axis) {
  const all = series.flatMap((one) => [
    extent(one[axis]),
    ...(axis === "y" && one.band ? [extent(one.band.low), extent(one.band.high)] : []),
  ]);
  return extent(all.filter(Boolean).flat()) ?? [0, 1];
}

/** Whether an axis has a place for a value: there is one, and a logarithmic axis begins above nought. */
function drawable(value, axis) {
  return value !== null && Number.isFinite(value) && (!axis.log || value > 0);
}

/** The points of a series in pixels; null where there is none. */
export function pointsOf({ x, y }, layout, axis, values = y) {
  return values.map((value, place) => (drawable(value, axis) ? [layout.x(x[place]), layout.y(value)] : null));
}

/** The elements of a series; its marks are left out where `marks` is false. */
export function drawSeries(series, layout, axis, { marks = true } = {}) {
  const points = pointsOf(series, layout, axis);
  const { colour, width = 0, dash = "none", band } = series;
  return el(
    "svg:g",
    { class: "chart-series", "data-name": series.name },
    band &&
      el("svg:path", {
        class: "chart-band",
        d: bandPath(pointsOf(series, layout, axis, band.high), pointsOf(series, layout, axis, band.low)),
        fill: colour,
        "fill-opacity": 0.12,
      }),
    width > 0 &&
      el("svg:path", {
        class: "chart-line",
        d: linePath(points),
        fill: "none",
        stroke: colour,
        "stroke-width": width,
        "stroke-dasharray": dash,
        "stroke-linejoin": "round",
      }),
    marks &&
      series.symbol &&
      el("svg:path", {
        class: "chart-points",
        d: marksPath(series, points),
        fill: colour,
        "fill-opacity": series.opacity ?? 1,
        "data-count": points.filter(Boolean).length,
      }),
  );
}

function radiusAt({ radius = 3 }, place) {
  return typeof radius === "function" ? radius(place) : radius;
}

function marksPath(series, points) {
  return points.map((point, k) => (point ? markPath(series.symbol, ...point, radiusAt(series, k)) : "")).join("");
}

/** Draws the marks of series on a canvas, each by itself, so that where many lie it is darker. */
export function paintMarks(canvas, allSeries, layout, axis, { width, height }) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  for (const series of allSeries.filter(({ symbol }) => symbol)) {
    pen.fillStyle = series.colour;
    pen.globalAlpha = series.opacity ?? 1;
    const shapes = new Map();
    for (const [k, point] of pointsOf(series, layout, axis).entries()) {
      if (!point) continue;
      const radius = radiusAt(series, k);
      if (!shapes.has(radius)) shapes.set(radius, new Path2D(markPath(series.symbol, 0, 0, radius)));
      pen.translate(...point);
      pen.fill(shapes.get(radius));
      pen.translate(-point[0], -point[1]);
    }
  }
}

/** How many marks there are in all. */
export function markCount(series) {
  return series.reduce((sum, one) => sum + (one.symbol ? one.y.length : 0), 0);
}

/**
 * The point nearest to the pointer.
 * @param {"x"|"point"} by by its x alone, or by both.
 * @param {number} reach how far away it may be, in pixels.
 * @returns {{series: Series, place: number, at: [number, number]} | null}
 */
export function nearest(allSeries, layout, axis, [px, py], { by, reach }) {
  let best = null;
  let least = by === "x" ? Infinity : reach * reach;
  for (const series of allSeries) {
    if (by !== "x" && !series.said) continue;
    for (let place = 0; place < series.y.length; place += 1) {
      if (!drawable(series.y[place], axis)) continue;
      const x = layout.x(series.x[place]);
      const y = layout.y(series.y[place]);
      const size = by === "x" ? (x - px) ** 2 : (x - px) ** 2 + (y - py) ** 2;
      if (size < least) {
        least = size;
        best = { series, place, at: [x, y] };
      }
    }
  }
  return best;
}
