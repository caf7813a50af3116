// The line of tinted words as an SVG that stands alone: colours and fonts are written into it.

import { el } from "../dom.js";
import { between, colour, css } from "../theme.js";
import { look } from "./labels.js";
import { tintScale } from "./tint-scale.js";

const WIDTH = 760;
const FONT = "16px system-ui, sans-serif";

/** The SVG's text for the same words, tints and `signs` that `wordLine` takes; `title` stands above. */
export function wordsPicture(tokens, tints, { title, digits = 1, signs = true }) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = FONT;
  const scale = tintScale(tints, { digits });
  const paper = colour("card");
  const several = new Set(tints.map(({ place }) => place)).size > 1;
  const parts = [];
  let x = 16;
  let y = 56;
  for (const [place, token] of tokens.entries()) {
    const tint = tints[place];
    const shown = scale.shown(tint);
    const mark = several && shown !== 0 ? `${look(tint.place).mark} ` : "";
    const share = shown < 0 && !signs ? 0 : scale.share(tint);
    const against = signs && shown < 0;
    const width = Math.max(pen.measureText(token.text).width + 12, 34);
    if (x + width > WIDTH - 16 && x > 16) {
      x = 16;
      y += 52;
    }
    const ink = colour(look(tint.place).token);
    parts.push(
      el("svg:rect", {
        x,
        y: y - 18,
        width,
        height: 26,
        rx: 4,
        fill: against ? "none" : between(paper, ink, 0.45 * share),
        stroke: against && share > 0.02 ? between(paper, ink, share) : "none",
        "stroke-dasharray": "3 2",
      }),
      el("svg:text", { x: x + 6, y, fill: css("ink"), text: token.text }),
      el("svg:text", {
        x: x + 6,
        y: y + 21,
        fill: css("soft"),
        "font-size": 10,
        text: `${mark}${scale.figure(tint)}`,
      }),
    );
    x += width + 6;
  }
  const height = y + 36;
  const picture = el(
    "svg:svg",
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      "font-family": "system-ui, sans-serif",
      "font-size": 16,
    },
    el("svg:title", { text: title }),
    el("svg:rect", { width: WIDTH, height, fill: css("card") }),
    el("svg:text", { x: 16, y: 26, fill: css("soft"), "font-size": 12, text: title }),
    parts,
  );
  return new XMLSerializer().serializeToString(picture);
}
