// Of many classes, those that have a colour: the most probable ones, and those that somebody looks for.

import { el, fill, newId } from "../dom.js";
import { t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { areMany, colourOnly, largest } from "./labels.js";

const TOP = 5;
// Others that were ever likelier than this have a colour, too; so many of them.
const LIKELY = 0.2;
const MORE = 2;

/**
 * Gives the top classes of one or more readings a colour: the answers first, then those that were ever likely.
 * @param {object[]} readings as /v1/read answers.
 * @param {number[]} found places of classes that have one as well.
 * @param {string[]} all the classes whose places are meant, where readings of several models have not the same.
 * @returns {number[]|null} their places, the most probable first; null where every class has its own colour.
 */
export function colourTop(readings, found = [], all = readings[0].labels.map(String)) {
  if (!areMany(all)) {
    colourOnly(null);
    return null;
  }
  const each = Math.ceil(TOP / readings.length);
  const among = ({ labels }, places) => places.map((place) => all.indexOf(String(labels[place])));
  const last = readings.flatMap((reading) =>
    among(reading, largest(reading.probabilities.at(-1) ?? reading.start, each)),
  );
  const ever = readings.flatMap((reading) =>
    among(
      reading,
      everLikely(reading, MORE).filter((place) => likeliest(reading, place) > LIKELY),
    ),
  );
  const places = [...new Set([...last, ...ever])].slice(0, TOP + MORE);
  const coloured = [...new Set([...places, ...found])];
  colourOnly(coloured);
  return coloured;
}

/** The greatest probability that a class ever had. */
function likeliest({ start, probabilities }, place) {
  return probabilities.reduce((most, row) => Math.max(most, row[place]), start[place]);
}

/** The classes that were most likely after some word, the likeliest first. */
export function everLikely(reading, count) {
  return largest(
    reading.labels.map((label, place) => likeliest(reading, place)),
    count,
  );
}

/**
 * A legend for many classes: those that have a colour, and a field that finds another.
 * @param {Array} labels all classes.
 * @param {function(number[]): void} changed is given the places of the classes that were found, when they change.
 * @returns {{node: Element, show: function(number[]): void}} `show` draws the names of classes.
 */
export function classFinder(labels, changed) {
  const names = labels.map(String);
  const list = newId("classes");
  const legend = el("ul", { class: "legend" });
  let found = [];
  const change = (places) => {
    found = places;
    changed(found);
  };
  const add = (place) => {
    field.value = "";
    if (place >= 0 && !found.includes(place)) change([...found, place]);
  };
  const field = el("input", {
    type: "search",
    class: "finder",
    list,
    placeholder: t("classes.find"),
    "aria-label": t("classes.find"),
    on: {
      // Chosen from the list, or written out.
      input: () => names.includes(field.value) && add(names.indexOf(field.value)),
      change: () => {
        const like = names.flatMap((name, place) =>
          field.value && name.toLowerCase().includes(field.value.toLowerCase()) ? [place] : [],
        );
        if (like.length === 1) add(like[0]);
      },
    },
  });
  const drop = (place) =>
    el("button", {
      type: "button",
      class: "quiet",
      text: "×",
      "aria-label": t("classes.drop", { label: names[place] }),
      on: { click: () => change(found.filter((one) => one !== place)) },
    });
  return {
    node: el(
      "div",
      { class: "classes" },
      legend,
      field,
      el(
        "datalist",
        { id: list },
        names.map((name) => el("option", { value: name })),
      ),
    ),
    show: (places) =>
      fill(
        legend,
        places.map((place) => el("li", {}, labelName(labels[place], place), found.includes(place) && drop(place))),
        el("li", { class: "soft", text: t("classes.others", { count: labels.length - places.length }) }),
      ),
  };
}
