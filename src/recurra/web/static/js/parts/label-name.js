// A class's name with its mark and colour.

import { el } from "../dom.js";
import { look, seriesStyle } from "./labels.js";

/** The mark of a class in its colour. */
export function labelMark(place) {
  return el("span", { class: "mark", style: seriesStyle(place), text: look(place).mark, "aria-hidden": "true" });
}

/** A name that may be broken behind its underscores and strokes: many classes have one long word as a name. */
export function breakable(name) {
  return String(name)
    .split(/(?<=[_/.-])(?=.)/u)
    .flatMap((part, place) => (place === 0 ? [part] : [el("wbr"), part]));
}

/** The name of a class, or of all that a row has, with its mark before it. */
export function labelName(label, place) {
  return el(
    "span",
    { class: "label-name", style: seriesStyle(place) },
    el("span", { class: "mark", text: look(place).mark, "aria-hidden": "true" }),
    el("bdi", {}, breakable([label].flat().join(", ") || "–")),
  );
}
