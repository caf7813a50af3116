// The names of series above a saved picture, which has no page around it.

import { el } from "../dom.js";
import { widthOf } from "./axis.js";
import { markPath } from "./shapes.js";

const ROW = 20;
const SWATCH = 28;
const GAP = 18;

/** The legend, which lies above the picture, and its height; series without a name are left out. */
export function drawLegend(series, width, ink) {
  let x = 14;
  let row = 0;
  const items = series
    .filter(({ name }) => name)
    .map((one) => {
      const wide = SWATCH + widthOf(one.name) + GAP;
      if (x + wide > width && x > 14) {
        x = 14;
        row += 1;
      }
      const place = [x, row];
      x += wide;
      return [one, place];
    });
  const height = items.length ? (row + 1) * ROW + 8 : 0;
  const node = el(
    "svg:g",
    { class: "chart-legend" },
    items.map(([one, [left, line]]) => {
      const y = line * ROW - height + 16;
      return [
        one.width > 0 &&
          el("svg:path", {
            d: `M${left} ${y}h${SWATCH - 6}`,
            stroke: one.colour,
            "stroke-width": one.width,
            "stroke-dasharray": one.dash ?? "none",
          }),
        one.symbol && el("svg:path", { d: markPath(one.symbol, left + (SWATCH - 6) / 2, y, 4), fill: one.colour }),
        el("svg:text", { x: left + SWATCH, y: y + 4.4, fill: ink, text: one.name }),
      ];
    }),
  );
  return { node, height };
}
