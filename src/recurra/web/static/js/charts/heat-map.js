// A heat map of words × units on a canvas: pointer and arrow keys move a cell, whose numbers are said.
//
// Only what is in sight is drawn, so that a text may have thousands of words: the canvas stays in place while its frame
// scrolls, and words and units stay beside their cells.

import { el, newId } from "../dom.js";
import { number, signed, t } from "../i18n.js";
import { css, onTheme } from "../theme.js";
import { cellImage } from "./cell-image.js";
import { dragScroll, scrollOn } from "./drag-scroll.js";
import { heatSelection } from "./heat-selection.js";

const ROW = 22;
const HEAD = 22;
const FOOT = 4;
// The longest side of a saved picture, in pixels; browsers draw no larger canvas.
const LONGEST = 16_000;

/**
 * A heat map.
 * @param {object} options
 *   `rows` (words), `columns` (names of units), `value` (of a row and a column), `lowest` and `highest` of the scale (a
 *   scale from below zero has two colours), `label`, `said` (gives what is said of a cell: row, column → text), `signal`;
 *   `chosen` where cells can be chosen, see heat-selection.js.
 * @returns {{node: Element, picture: function(): HTMLCanvasElement, scale: Element, byFinger: function(boolean)}}
 *   `picture` draws all of it.
 */
export function heatMap({ rows, columns, value, lowest, highest, label, said, signal, chosen = null }) {
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
  let image = null;
  let size = null;

  /** The sizes in pixels for the room there is: of a cell, of the words' column, and of everything. */
  function measured(room) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
    const longest = rows.reduce((most, row) => Math.max(most, pen.measureText(row).width + 10), 48);
    const names = Math.min(longest, Math.max(72, room * 0.34));
    const width = Math.min(40, Math.max(5, Math.floor((room - names) / columns.length)));
    return {
      names,
      width,
      across: Math.ceil(names + width * columns.length + 2),
      down: HEAD + ROW * rows.length + FOOT,
    };
  }

  /** Draws what is in sight of `across` × `down` pixels, with the cells moved by `left` and `top`. */
  function paintOn(target, density, across, down, left, top) {
    target.width = Math.round(across * density);
    target.height = Math.round(down * density);
    const pen = target.getContext("2d");
    const font = getComputedStyle(document.body).fontFamily;
    const { names, width } = size;
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.fillStyle = css("card");
    pen.fillRect(0, 0, across, down);
    const first = [Math.floor(left / width), Math.floor(top / ROW)];
    const last = [
      Math.min(columns.length, Math.ceil((left + across - names) / width)),
      Math.min(rows.length, Math.ceil((top + down - HEAD) / ROW)),
    ];
    const x = (column) => names + column * width - left;
    const y = (row) => HEAD + row * ROW - top;

    pen.save();
    pen.beginPath();
    pen.rect(names, HEAD, across, down);
    pen.clip();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(
      image,
      ...[first[0], first[1], last[0] - first[0], last[1] - first[1]],
      ...[x(first[0]), y(first[1]), (last[0] - first[0]) * width, (last[1] - first[1]) * ROW],
    );
    // Lines of paper between cells.
    for (let row = first[1]; row < last[1]; row += 1) pen.fillRect(names, y(row) + ROW - 1, across, 1);
    if (width > 8)
      for (let column = first[0]; column < last[0]; column += 1) pen.fillRect(x(column) + width - 1, HEAD, 1, down);
    if (cell) {
      pen.strokeStyle = css("ink");
      pen.lineWidth = 2;
      pen.strokeRect(x(cell[1]), y(cell[0]), width - 1, ROW - 1);
    }
    const box = selection?.box();
    if (box) {
      pen.strokeStyle = css("accent");
      pen.lineWidth = 3;
      const [a, b] = [x(box.columns[0]), y(box.rows[0])];
      pen.strokeRect(a, b, x(box.columns[1] + 1) - a - 1, y(box.rows[1] + 1) - b - 1);
    }
    pen.restore();

    pen.textBaseline = "middle";
    pen.fillStyle = css("soft");
    pen.font = `11px ${font}`;
    pen.textAlign = "center";
    pen.save();
    pen.beginPath();
    pen.rect(names - 10, 0, across, HEAD);
    pen.clip();
    const every = Math.max(1, Math.ceil(24 / width));
    for (let c = Math.ceil(first[0] / every) * every; c < last[0]; c += every)
      pen.fillText(columns[c], x(c + 0.5), HEAD / 2);
    pen.restore();
    pen.fillStyle = css("ink");
    pen.font = `13px ${font}`;
    pen.textAlign = "right";
    pen.save();
    pen.beginPath();
    pen.rect(0, HEAD, names - 4, down);
    pen.clip();
    for (let row = first[1]; row < last[1]; row += 1) pen.fillText(rows[row], names - 8, y(row + 0.5));
    pen.restore();
  }

  /** Shades at the edges beyond which there is more. */
  function shade(across, down) {
    const pen = canvas.getContext("2d");
    const more = [
      [scroller.scrollLeft > 0, size.names, HEAD, 10, down, 0],
      [scroller.scrollLeft + across < size.across - 1, across - 10, HEAD, 10, down, 1],
      [scroller.scrollTop > 0, 0, HEAD, across, 8, 2],
      [scroller.scrollTop + down < size.down - 1, 0, down - 8, across, 8, 3],
    ];
    for (const [there, x, y, width, height, side] of more) {
      if (!there) continue;
      const ends = side < 2 ? [x, 0, x + width, 0] : [0, y, 0, y + height];
      const fade = pen.createLinearGradient(...ends);
      fade.addColorStop(side % 2, css("ink", 0.45));
      fade.addColorStop(1 - (side % 2), css("ink", 0));
      pen.fillStyle = fade;
      pen.fillRect(x, y, width, height);
    }
  }

  function paint() {
    if (!size) return;
    if (document.documentElement.hasAttribute("data-paper")) {
      paintWhole(canvas);
      return;
    }
    const [across, down] = [Math.min(size.across, scroller.clientWidth), Math.min(size.down, scroller.clientHeight)];
    canvas.style.setProperty("width", `${across}px`);
    canvas.style.setProperty("height", `${down}px`);
    paintOn(canvas, window.devicePixelRatio || 1, across, down, scroller.scrollLeft, scroller.scrollTop);
    shade(across, down);
  }

  function paintWhole(target) {
    const density = Math.min(window.devicePixelRatio || 1, LONGEST / Math.max(size.across, size.down));
    target.style.setProperty("width", `${size.across}px`);
    target.style.setProperty("height", `${size.down}px`);
    paintOn(target, density, size.across, size.down, 0, 0);
  }

  function layOut() {
    const room = scroller.clientWidth;
    if (room === 0) return;
    size = measured(room);
    frame.style.setProperty("width", `${size.across}px`);
    frame.style.setProperty("height", `${size.down}px`);
    paint();
  }

  function colours() {
    image = cellImage(rows.length, columns.length, value, lowest, highest);
    paint();
  }

  function picture() {
    size ??= measured(WIDTH);
    const whole = el("canvas");
    paintWhole(whole);
    return whole;
  }

  const cellAt = (event) => {
    const x = event.offsetX - size.names;
    const y = event.offsetY - HEAD;
    const column = Math.floor((x + scroller.scrollLeft) / size.width);
    const row = Math.floor((y + scroller.scrollTop) / ROW);
    return x >= 0 && y >= 0 && row < rows.length && column < columns.length ? [row, column] : null;
  };
  const selection = chosen
    ? heatSelection({
        canvas,
        cellAt,
        redraw: paint,
        changed: chosen,
        reached: (event) => scrollOn(event, scroller, { left: size.names, top: HEAD }),
      })
    : null;
  // Where cells are chosen by dragging, words and the units' numbers are taken hold of to scroll.
  dragScroll(canvas, scroller, (event) => {
    const more = size.across > scroller.clientWidth + 1 || size.down > scroller.clientHeight + 1;
    return more && !(selection && cellAt(event));
  });

  function choose(row, column) {
    const next = [Math.min(rows.length - 1, Math.max(0, row)), Math.min(columns.length - 1, Math.max(0, column))];
    if (cell && cell[0] === next[0] && cell[1] === next[1]) return;
    cell = next;
    readout.textContent = said(...cell);
    paint();
  }

  const moves = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [-Infinity, 0],
    End: [Infinity, 0],
  };
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape") selection?.clear();
    if (cell && selection && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      selection.take(cell);
    }
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const from = cell;
    const [row, column] = cell ?? [-move[0], -move[1]].map((one) => (Number.isFinite(one) ? one : 0));
    choose(row + move[0], column + move[1]);
    scroller.scrollLeft = inSight(
      scroller.scrollLeft,
      cell[1] * size.width,
      size.width,
      scroller.clientWidth - size.names,
    );
    if (event.shiftKey) selection?.extend(from ?? cell, cell);
    scroller.scrollTop = inSight(scroller.scrollTop, cell[0] * ROW, ROW, scroller.clientHeight - HEAD);
  });
  const point = (event) => {
    const at = cellAt(event);
    if (at) choose(...at);
  };
  canvas.addEventListener("pointermove", point);
  // A finger that taps does not move.
  canvas.addEventListener("pointerdown", point);
  scroller.addEventListener("scroll", paint, { passive: true });
  colours();
  const observer = new ResizeObserver(layOut);
  observer.observe(scroller);
  signal.addEventListener("abort", () => observer.disconnect());
  onTheme(colours, signal);
  return {
    node: el("div", {}, el("p", { class: "unseen", id: help, text: t("heat.help") }), scroller, readout),
    picture,
    byFinger: (on) => selection?.byFinger(on),
    scale: scaleOf(lowest, highest),
  };
}

// The room of a picture that is saved before it was ever drawn.
const WIDTH = 900;

/** How far to scroll, from where it is, until a part that begins at `start` is in sight. */
function inSight(scrolled, start, length, room) {
  if (start < scrolled) return start;
  return start + length > scrolled + room ? start + length - room : scrolled;
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
