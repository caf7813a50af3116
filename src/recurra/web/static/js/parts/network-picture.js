// The drawing of the network as an SVG that stands alone: boxes, lines of text, and states as images, where they stand
// in the page now.

import { el } from "../dom.js";
import { css } from "../theme.js";

const EDGE = 16;

/** The SVG's text for what `networkDiagram` made, which has to be in the page. */
export function networkPicture(diagram) {
  const frame = diagram.getBoundingClientRect();
  const pictures = [];
  const x = (value) => Math.round(10 * (value - frame.left + EDGE)) / 10;
  const y = (value) => Math.round(10 * (value - frame.top + EDGE)) / 10;
  const pen = document.createElement("canvas").getContext("2d");

  /** The marks of an element and of all in it; `right` is where a frame around it cuts. */
  function drawn(element, right) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    // What only leads elsewhere is no part of the picture.
    if (style.display === "none" || box.width * box.height === 0 || element.matches("a, .unseen")) return [];
    const edge = style.overflowX === "visible" ? right : Math.min(right, box.right);
    if (element instanceof HTMLCanvasElement) return [strip(element, box)];
    return [
      boxOf(style, box),
      element.matches(".net-out") && arrow(style, box),
      [...element.childNodes].map((child) =>
        child instanceof Element ? drawn(child, edge) : child instanceof Text && textOf(child, style, edge),
      ),
    ];
  }

  function boxOf(style, box) {
    const [top, left] = [style.borderTopWidth, style.borderLeftWidth].map(parseFloat);
    const around = top > 0 && left > 0;
    const paper = style.backgroundColor;
    const line = { stroke: left > 0 ? style.borderLeftColor : style.borderTopColor, "stroke-width": left || top };
    const dashes = { "stroke-dasharray": style.borderTopStyle === "dashed" ? "6 4" : null };
    return [
      (around || !/^rgba\(.*, 0\)$/.test(paper)) &&
        el("svg:rect", {
          x: x(box.left + (around ? left / 2 : 0)),
          y: y(box.top + (around ? top / 2 : 0)),
          width: Math.max(0, box.width - (around ? left : 0)),
          height: Math.max(0, box.height - (around ? top : 0)),
          rx: Math.min(parseFloat(style.borderTopLeftRadius) || 0, box.height / 2),
          fill: paper,
          ...(around ? line : {}),
        }),
      !around && left > 0 && el("svg:path", { d: `M${x(box.left + left / 2)} ${y(box.top)}V${y(box.bottom)}`, ...line }),
      !around && top > 0 && el("svg:path", { d: `M${x(box.left)} ${y(box.top)}H${x(box.right)}`, ...line, ...dashes }),
    ];
  }

  function arrow(style, { left, bottom }) {
    return el("svg:path", { d: `M${x(left - 4)} ${y(bottom - 5)}h10l-5 5Z`, fill: style.borderLeftColor });
  }

  function strip(canvas, { left, top, width, height }) {
    const image = el("svg:image", { x: x(left), y: y(top), width, height, preserveAspectRatio: "none" });
    image.style.setProperty("image-rendering", "pixelated");
    pictures.push([image, canvas]);
    return image;
  }

  /** A text, line by line as it is broken in the page. */
  function textOf(node, style, right) {
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = pen.measureText("x");
    return linesOf(node, right).map(({ text, left, top, height }) =>
      el("svg:text", {
        x: x(left),
        y: y(top + (height * above) / (above + below)),
        fill: style.color,
        "font-family": style.fontFamily,
        "font-size": style.fontSize,
        "font-weight": style.fontWeight,
        "xml:space": "preserve",
        text,
      }),
    );
  }

  const [width, height] = [frame.width + 2 * EDGE, frame.height + 2 * EDGE].map(Math.ceil);
  const picture = el(
    "svg:svg",
    { viewBox: `0 0 ${width} ${height}`, width, height },
    el("svg:title", { text: diagram.getAttribute("aria-label") }),
    el("svg:rect", { width, height, fill: css("card") }),
    drawn(diagram, Infinity),
  );
  // In a document that shows nothing an image is not fetched, which the page's policy would refuse.
  document.implementation.createDocument(null, null).adoptNode(picture);
  for (const [image, canvas] of pictures) image.setAttribute("href", canvas.toDataURL());
  return new XMLSerializer().serializeToString(picture);
}

function linesOf(node, right) {
  const range = document.createRange();
  const lines = [];
  let place = 0;
  for (const letter of node.data) {
    range.setStart(node, place);
    place += letter.length;
    range.setEnd(node, place);
    const [box] = range.getClientRects();
    if (!box || box.left >= right || (box.width === 0 && /\s/.test(letter))) continue;
    const line = lines.at(-1);
    if (line && Math.abs(line.top - box.top) < box.height / 2) {
      line.text += letter;
      line.left = Math.min(line.left, box.left);
    } else lines.push({ text: letter, left: box.left, top: box.top, height: box.height });
  }
  return lines;
}
