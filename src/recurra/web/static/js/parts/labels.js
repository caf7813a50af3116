// Classes: always the same colour and mark for the same class, never the colour alone.

import { store } from "../store.js";
import { css } from "../theme.js";
import { DASHES } from "./dashes.js";

const COLOURS = 6;
const MARKS = ["●", "■", "▲", "◆", "▼", "✚", "★"];
const SYMBOLS = ["circle", "square", "triangle", "diamond", "triangle-down", "cross", "star"];

/** The class's place among the model's classes, by which it is drawn. */
export function placeOf(label, labels = null) {
  const all = labels ?? store.models.find(({ name }) => name === store.model)?.classes ?? [];
  return Math.max(0, all.map(String).indexOf(String(label)));
}

/** The classes of all models, each once: in a view of several models a class's place is that among these. */
export function classesOfAll() {
  return [...new Set(store.models.flatMap(({ classes }) => classes.map(String)))];
}

// More classes than this cannot be told apart by colours and marks: some have one, and the others are grey.
const MANY = 14;
const OTHER = { series: "other", token: "series-other", mark: "○", symbol: "circle", dash: "none" };
let coloured = null;

/** Whether so many classes are too many for a colour each. */
export function areMany(labels) {
  return labels.length > MANY;
}

/** Says which classes have a colour from now on, by their places; null: each has its own. */
export function colourOnly(places) {
  coloured = places;
}

/** How a class is drawn. 6 colours and 7 marks give 42 classes a look of their own. */
export function look(place) {
  const rank = coloured === null ? place : coloured.indexOf(place);
  if (rank < 0) return OTHER;
  const series = (rank % COLOURS) + 1;
  const style = rank % MARKS.length;
  return {
    series,
    token: `series-${series}`,
    mark: MARKS[style],
    symbol: SYMBOLS[style],
    dash: DASHES[style % DASHES.length],
  };
}

/** The class's colour as CSS text, for canvases and pictures. */
export function colourOf(place, opacity = 1) {
  return css(look(place).token, opacity);
}

/** A style that gives an element's --series the class's colour. */
export function seriesStyle(place) {
  return { "--series": `var(--${look(place).token})` };
}

/** The places of the answer: the most probable class, or every label that reaches its threshold, perhaps none. */
export function answerPlaces(reading, probabilities) {
  if (!reading.thresholds) return largest(probabilities, 1);
  return largest(probabilities, probabilities.length).filter((c) => probabilities[c] >= reading.thresholds[c]);
}

/** The places of the classes with the largest values, largest first. */
export function largest(values, count) {
  return values
    .map((value, place) => place)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}
