// A heat map of words × units on a canvas: pointer and arrow keys move a cell, whose numbers are said.

import { el, newId } from "../dom.js";
import { number, signed, t } from "../i18n.js";
import { between, colour, css, onTheme } from "../theme.js";

const ROW = 22;
const HEAD = 22;
const FOOT = 4;

/**
 * A heat map.
 * @param {object} options
 *   `rows` (words), `columns` (names of units), `values` [rows][columns], `lowest` and `highest` of the scale (a scale
 *   from below zero has two colours), `label`, `said` (gives what is said of a cell: row, column → text), `signal`.
 * @returns {{node: Element, canvas: Element, scale: Element}}
 */
export function heatMap({ rows, columns, values, lowest, highest, label, said, signal }) {
  const canvas = el("canvas", { class: "heat-canvas" });
  const readout = el("p", { class: "readout", role: "status", text: t("heat.point") });
  const help = newId("heat-help");
  const frame = el(
    "div",
    {
      class: "heat",
      role: "application",
      "aria-roledescription": t("heat.role"),
      "aria-label": label,
      "aria-describedby": help,
      tabindex: 0,
    },
    canvas,
  );
  const scroller = el("div", { class: "heat-scroll" }, frame);
  let cell = null;
  let names = 0;
  let width = 0;

  function paint() {
    const room = scroller.clientWidth;
    if (room === 0) return;
    const pen = canvas.getContext("2d");
    const font = getComputedStyle(document.body).fontFamily;
    pen.font = `13px ${font}`;
    names = Math.min(Math.max(48, ...rows.map((row) => pen.measureText(row).width + 10)), Math.max(72, room * 0.34));
    width = Math.min(40, Math.max(5, Math.floor((room - names) / columns.length)));
    const across = Math.ceil(names + width * columns.length + 2);
    const down = HEAD + ROW * rows.length + FOOT;
    const density = window.devicePixelRatio || 1;
    canvas.width = Math.round(across * density);
    canvas.height = Math.round(down * density);
    canvas.style.setProperty("width", `${across}px`);
    canvas.style.setProperty("height", `${down}px`);
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.fillStyle = css("card");
    pen.fillRect(0, 0, across, down);
    pen.textBaseline = "middle";
    pen.fillStyle = css("soft");
    pen.font = `11px ${font}`;
    pen.textAlign = "center";
    const every = Math.max(1, Math.ceil(24 / width));
    for (let c = 0; c < columns.length; c += every) pen.fillText(columns[c], names + (c + 0.5) * width, HEAD / 2);
    pen.font = `13px ${font}`;
    pen.textAlign = "right";
    const [low, middle, high] = ["heat-low", "heat-middle", "heat-high"].map(colour);
    const gap = width > 8 ? 1 : 0;
    for (const [r, row] of rows.entries()) {
      pen.fillStyle = css("ink");
      pen.save();
      pen.beginPath();
      pen.rect(0, HEAD + r * ROW, names - 4, ROW);
      pen.clip();
      pen.fillText(row, names - 8, HEAD + (r + 0.5) * ROW);
      pen.restore();
      for (let c = 0; c < columns.length; c += 1) {
        const value = values[r][c];
        const share = value < 0 ? value / lowest : value / highest;
        pen.fillStyle = between(middle, value < 0 ? low : high, share);
        pen.fillRect(names + c * width, HEAD + r * ROW, width - gap, ROW - 1);
      }
    }
    if (cell) {
      pen.strokeStyle = css("ink");
      pen.lineWidth = 2;
      pen.strokeRect(names + cell[1] * width - 1, HEAD + cell[0] * ROW - 1, width + 1, ROW + 1);
    }
  }

  function choose(row, column) {
    const next = [Math.min(rows.length - 1, Math.max(0, row)), Math.min(columns.length - 1, Math.max(0, column))];
    if (cell && cell[0] === next[0] && cell[1] === next[1]) return;
    cell = next;
    readout.textContent = said(...cell);
    paint();
  }

  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  frame.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const [row, column] = cell ?? [-move[0], -move[1]];
    choose(row + move[0], column + move[1]);
    const left = names + cell[1] * width;
    if (left < scroller.scrollLeft + names || left + width > scroller.scrollLeft + scroller.clientWidth)
      scroller.scrollLeft = left - scroller.clientWidth / 2;
  });
  const point = (event) => {
    const column = Math.floor((event.offsetX - names) / width);
    const row = Math.floor((event.offsetY - HEAD) / ROW);
    if (row >= 0 && row < rows.length && column >= 0 && column < columns.length) choose(row, column);
  };
  canvas.addEventListener("pointermove", point);
  // A finger that taps does not move.
  canvas.addEventListener("pointerdown", point);
  const observer = new ResizeObserver(paint);
  observer.observe(scroller);
  signal.addEventListener("abort", () => observer.disconnect());
  onTheme(paint, signal);
  return {
    node: el("div", {}, el("p", { class: "unseen", id: help, text: t("heat.help") }), scroller, readout),
    canvas,
    scale: scaleOf(lowest, highest),
  };
}

/** The colours' meaning, from the lowest to the highest value. */
function scaleOf(lowest, highest) {
  const two = lowest < 0;
  return el(
    "div",
    { class: "scale" },
    el("span", { class: "figure", text: two ? signed(lowest, 1) : number(lowest) }),
    el("span", { class: `scale-bar ${two ? "two" : "one"}`, "aria-hidden": "true" }),
    el("span", { class: "figure", text: two ? signed(highest, 1) : number(highest) }),
  );
}
