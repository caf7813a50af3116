// A chart of lines and marks: drawn again for another width or theme, with what lies under the pointer.

import { el, fill } from "../dom.js";
import { css, onTheme } from "../theme.js";
import { FONT, SIZE, drawAxes, placed } from "./axis.js";
import { domainOf } from "./series.js";
import { drawSeries, markCount, nearest, paintMarks } from "./series.js";
import { drawLegend } from "./legend.js";
import { padded } from "./scale.js";

// So many marks are drawn on a canvas.
const MANY = 1500;
// How far from a point the pointer may be, in pixels.
const REACH = 28;
// The width of a picture that is saved before it was ever drawn.
const WIDTH = 800;

/**
 * A chart.
 * @param {object} options `label` (what it shows, for those who do not see it), `height` in pixels, `draw` (gives
 *   `{series, x, y}` in the present colours: series as in series.js, axes as in axis.js, where `range` may be left out),
 *   `hovered` (called with the x of the point under the pointer, null when it leaves), `clicked` (called with the
 *   series and the place of the point in it), `signal`.
 * @returns `node`; `redraw()`; `mark(x)` draws a line at an x, or none at null; `describe(words)` changes the label;
 *   `svg()` gives the picture's text.
 */
export function chart({ label = "", height = 280, draw, hovered = null, clicked = null, signal }) {
  const canvas = el("canvas", { class: "chart-marks", "aria-hidden": "true" });
  const tip = el("div", { class: "chart-tip", "aria-hidden": "true" });
  const frame = el("div", { class: "chart-canvas", style: { "--height": `${height}px` } });
  const node = el("div", { class: "chart", role: "img", "aria-label": label }, frame);
  const ring = el("svg:circle", { class: "chart-ring", r: 6, fill: "none", "stroke-width": 2 });
  const upright = el("svg:path", { class: "chart-mark", "stroke-width": 1.5 });
  let drawn = null;
  let marked = null;
  let asked = false;

  /** Draws once for all that changed meanwhile. */
  function redraw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      drawNow();
    });
  }

  function drawNow() {
    const width = Math.round(frame.clientWidth);
    if (signal.aborted || width === 0) return;
    drawn = pictureOf(draw(), width, height);
    const { svg, layout, axes, series } = drawn;
    const many = markCount(series) > MANY;
    if (many) paintMarks(canvas, series, layout, axes.y, { width, height });
    svg.append(...series.map((one) => drawSeries(one, layout, axes.y, { marks: !many })), upright, ring);
    for (const one of [upright, ring]) one.setAttribute("stroke", css(one === ring ? "ink" : "accent"));
    point(null);
    drawMark();
    fill(frame, many && canvas, svg, tip);
  }

  function drawMark() {
    if (!drawn) return;
    const { x, top, bottom } = drawn.layout;
    if (marked === null) upright.removeAttribute("d");
    else upright.setAttribute("d", `M${x(marked).toFixed(1)} ${top}V${bottom}`);
  }

  function mark(x) {
    if (x === marked) return;
    marked = x;
    drawMark();
  }

  /** Shows a point with what is said of it, or none. */
  function point(found) {
    const said = found?.series.said?.(found.place);
    ring.setAttribute("visibility", said ? "visible" : "hidden");
    tip.hidden = !said;
    if (!said) return;
    const [x, y] = found.at;
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", y);
    tip.textContent = said;
    tip.classList.toggle("left", x > frame.clientWidth / 2);
    tip.style.setProperty("--x", `${x}px`);
    tip.style.setProperty("--y", `${y}px`);
  }

  function under(event) {
    if (!drawn) return null;
    const box = frame.getBoundingClientRect();
    const at = [event.clientX - box.left, event.clientY - box.top];
    return nearest(drawn.series, drawn.layout, drawn.axes.y, at, { by: hovered ? "x" : "point", reach: REACH });
  }

  function reach(event) {
    const found = under(event);
    point(found);
    if (hovered) hovered(found ? found.series.x[found.place] : null);
  }
  // A finger that taps does not move.
  for (const name of ["pointermove", "pointerdown"]) frame.addEventListener(name, reach, { signal });
  frame.addEventListener(
    "pointerleave",
    () => {
      point(null);
      if (hovered) hovered(null);
    },
    { signal },
  );
  if (clicked)
    frame.addEventListener(
      "click",
      (event) => {
        const found = under(event);
        if (found) clicked(found.series, found.place);
      },
      { signal },
    );

  /** The same picture, standing alone: with its background, and with the names of its series. */
  function svg() {
    const width = Math.round(frame.clientWidth) || WIDTH;
    const { svg: picture, layout, axes, series } = pictureOf(draw(), width, height);
    picture.append(...series.map((one) => drawSeries(one, layout, axes.y)));
    const legend = drawLegend(series, width, css("ink"));
    picture.setAttribute("viewBox", `0 ${-legend.height} ${width} ${height + legend.height}`);
    picture.setAttribute("height", height + legend.height);
    picture.prepend(
      el("svg:title", { text: node.getAttribute("aria-label") }),
      el("svg:rect", { y: -legend.height, width, height: height + legend.height, fill: css("card") }),
      legend.node,
    );
    return new XMLSerializer().serializeToString(picture);
  }

  function describe(words) {
    node.setAttribute("aria-label", words);
  }

  onTheme(drawNow, signal);
  // Tells the first width as well, once the chart stands in the page.
  let width = 0;
  const observer = new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    drawNow();
  });
  observer.observe(frame);
  signal.addEventListener("abort", () => observer.disconnect());
  return { node, redraw, mark, describe, svg };
}

/** The axes of a drawing with its scales, and a picture with the axes alone. */
function pictureOf({ series, x = {}, y = {} }, width, height) {
  const axes = {
    x: { ...x, range: x.range ?? domainOf(series, "x") },
    y: { ...y, range: y.range ?? (y.log ? logDomain(series) : padded(domainOf(series, "y"), 0.05)) },
  };
  const layout = placed(width, height, axes.x, axes.y);
  const svg = el(
    "svg:svg",
    {
      class: "chart-svg",
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      "font-family": FONT,
      "font-size": SIZE,
      "aria-hidden": "true",
    },
    drawAxes(layout, { line: css("line"), soft: css("soft") }),
  );
  return { svg, layout, axes, series };
}

/** From one power of ten to another, around all values above nought. */
function logDomain(series) {
  const above = (values) => values.map((value) => (value > 0 ? value : null));
  const [low, high] = domainOf(
    series.map((one) => ({
      y: above(one.y),
      ...(one.band && { band: { low: above(one.band.low), high: above(one.band.high) } }),
    })),
    "y",
  );
  return [10 ** Math.floor(Math.log10(low || 1)), 10 ** Math.ceil(Math.log10(high || 1))];
}
