// The colours of a heat map's cells, as a picture of one pixel a cell that is drawn larger.

import { el } from "../dom.js";
import { colour } from "../theme.js";

/** A canvas of `columns` × `rows` pixels; values from `lowest` to `highest` are coloured, beyond them as the ends. */
export function cellImage(rows, columns, value, lowest, highest) {
  const canvas = el("canvas", { width: Math.max(1, columns), height: Math.max(1, rows) });
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(canvas.width, canvas.height);
  const [low, middle, high] = ["heat-low", "heat-middle", "heat-high"].map(colour);
  let place = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const one = value(row, column);
      const share = Math.min(1, Math.max(0, one < 0 ? one / lowest : one / highest));
      const end = one < 0 ? low : high;
      for (let part = 0; part < 3; part += 1)
        pixels.data[place + part] = Math.round(middle[part] + (end[part] - middle[part]) * share);
      pixels.data[place + 3] = 255;
      place += 4;
    }
  }
  pen.putImageData(pixels, 0, 0);
  return canvas;
}
