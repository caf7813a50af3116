// Search by state: units that are on over some words, as chosen in a heat map, looked for in the rows of the file.

import { ApiError, computed } from "../api.js";
import { el, fill, newId } from "../dom.js";
import { number, serviceLine, signed, t } from "../i18n.js";
import { store } from "../store.js";
import { picker } from "./card.js";
import { labelName } from "./label-name.js";
import { placeOf } from "./labels.js";
import { errorPanel, needs } from "./notices.js";
import { readButton } from "./open-row.js";
import { cancelledPanel, working } from "./working.js";

// The most units of a search, and steps of the threshold.
const MOST = 256;
const STEPS = 200;

/**
 * A search below a heat map.
 * @param {object} options `layer` and `direction`, `state` ("h" or "c"), `words`, `value` (of a word and a unit's number),
 *   `count` (of units), `most` (the largest value), `byFinger` (says whether a finger that moves chooses), `signal`.
 * @returns {{node: Element, choose: function(object|null, number[]): void}} `choose` is given the rows and units.
 */
export function stateSearch({ layer, direction, state, words, value, count, most, byFinger, signal }) {
  const form = el("div", { class: "stacked search-tools", hidden: true });
  const answer = el("div", { class: "answer" });
  const finger = el("button", {
    type: "button",
    class: "finger",
    "aria-pressed": "false",
    text: t("search.by_finger"),
    on: {
      click: () => {
        const on = finger.getAttribute("aria-pressed") !== "true";
        finger.setAttribute("aria-pressed", String(on));
        byFinger(on);
      },
    },
  });
  let rows = null;
  let units = [];
  let threshold = 0;
  let least = 1;
  let order = "length";
  let offBefore = false;
  let asking = null;
  signal.addEventListener("abort", () => asking?.abort());

  const mean = (unit) => {
    let sum = 0;
    for (let row = rows[0]; row <= rows[1]; row += 1) sum += value(row, unit);
    return sum / (rows[1] - rows[0] + 1);
  };
  const isBelow = (unit) => mean(unit) < 0;
  /** How far from 0 a unit is at the word of the span where it is nearest. */
  const nearest = (unit) => {
    const sign = isBelow(unit) ? -1 : 1;
    let found = Infinity;
    for (let row = rows[0]; row <= rows[1]; row += 1) found = Math.min(found, sign * value(row, unit));
    return found;
  };

  function choose(box, chosen) {
    asking?.abort();
    fill(answer);
    form.hidden = box === null;
    if (box === null) return;
    ({ rows } = box);
    units = chosen.slice(0, MOST);
    least = rows[1] - rows[0] + 1;
    // A little below what the units hold here, so that these words have the pattern themselves.
    threshold = Math.max(0, Math.floor(75 * Math.min(...units.map(nearest))) / 100);
    draw();
  }

  function draw() {
    const said = el("output", { class: "figure", text: number(threshold, { digits: 2, fixed: true }) });
    const slider = el("input", {
      type: "range",
      min: 0,
      max: most,
      step: most / STEPS,
      value: threshold,
      on: {
        input: () => {
          threshold = Number(slider.value);
          said.textContent = number(threshold, { digits: 2, fixed: true });
        },
      },
    });
    const fewest = el("input", {
      type: "number",
      class: "few",
      min: 1,
      max: 9999,
      value: least,
      on: {
        input: () => {
          least = Math.max(1, Math.min(9999, Math.round(Number(fewest.value)) || 1));
        },
      },
    });
    const off = el("input", { type: "checkbox", checked: offBefore, on: { change: () => { offBefore = off.checked; } } });
    const text = words.slice(rows[0], rows[1] + 1).join(" ");
    fill(
      form,
      el("p", {}, t("search.words", { first: rows[0] + 1, last: rows[1] + 1 }), " ", el("bdi", { class: "quoted", text })),
      el(
        "ul",
        { class: "examples", "aria-label": t("search.units") },
        units.map((unit) =>
          el(
            "li",
            {},
            el("button", {
              type: "button",
              class: "chip",
              "aria-label": t("search.remove", { unit: String(unit) }),
              disabled: units.length === 1,
              text: `${t("gates.unit", { unit: String(unit) })} ${isBelow(unit) ? "−" : "+"} ×`,
              on: {
                click: () => {
                  units = units.filter((one) => one !== unit);
                  draw();
                  form.querySelector(".chip").focus();
                },
              },
            }),
          ),
        ),
      ),
      el(
        "div",
        { class: "toolbar" },
        el("label", { class: "choice" }, el("span", { class: "choice-name", text: t("search.threshold") }), slider, said),
        el("label", { class: "choice" }, el("span", { class: "choice-name", text: t("search.least") }), fewest),
        el("label", { class: "choice" }, off, t("search.off_before")),
        picker(
          t("search.order"),
          ["length", "strength"].map((name) => [name, t(`search.by_${name}`)]),
          order,
          (name) => {
            order = name;
          },
        ),
      ),
      el(
        "div",
        { class: "examples" },
        el("button", { type: "button", text: t("search.start"), on: { click: search } }),
        el("button", { type: "button", class: "quiet", text: t("search.all_on"), on: { click: takeAll } }),
      ),
    );
  }

  /** All units that are on at all of these words. */
  function takeAll() {
    const all = Array.from({ length: count }, (_, unit) => unit).filter((unit) => nearest(unit) > threshold);
    if (all.length === 0) return;
    units = all.slice(0, MOST);
    draw();
    form.querySelector(".chip").focus();
  }

  async function search() {
    asking?.abort();
    asking = new AbortController();
    const mine = AbortSignal.any([signal, asking.signal]);
    const progress = working(t("page.asking"), () => {
      asking.abort();
      cancelledPanel(answer, search);
    });
    mine.addEventListener("abort", progress.end);
    fill(answer, progress.node);
    const request = {
      ...{ model: store.model, layer, direction, state, units, below: units.filter(isBelow) },
      ...{ threshold, words: least, off_before: offBefore, order },
    };
    try {
      const waiting = () => progress.say(t("search.reading"));
      const found = await computed("/v1/search-states", { value: request, signal: mine, waiting });
      if (mine.aborted) return;
      progress.end();
      fill(answer, results(found));
    } catch (error) {
      if (mine.aborted) return;
      progress.end();
      const missing = error instanceof ApiError && error.status === 404;
      fill(answer, missing ? needs(error, "data") : errorPanel(error, { retry: search }));
    }
  }

  const title = newId("search");
  const node = el(
    "div",
    { class: "stacked search", role: "group", "aria-labelledby": title },
    el("h3", { id: title, text: t("search.title") }),
    el("p", { class: "note", text: t("search.how") }),
    finger,
    form,
    answer,
  );
  return { node, choose };
}

/** The sentences with the pattern, each with its words marked. */
function results({ searched, found, labels, matches, notes }) {
  return [
    el("p", { role: "status", text: t("search.found", { found, searched }) }),
    notes.map((line) => el("p", { class: "note", text: serviceLine(line) })),
    found > 0 &&
      el(
        "ul",
        { class: "legend", "aria-label": t("search.labels") },
        labels
          .filter(([, some]) => some > 0)
          .slice(0, 14)
          .map(([label, some, all]) =>
            el(
              "li",
              {},
              labelName(label, placeOf([label].flat()[0])),
              " ",
              el("span", { class: "figure", text: t("search.of_label", { some, all }) }),
            ),
          ),
      ),
    el(
      "ol",
      { class: "found" },
      matches.map((one) =>
        el(
          "li",
          {},
          el(
            "p",
            { class: "doubt-head" },
            labelName(one.label, placeOf([one.label].flat()[0])),
            el("span", {
              class: "soft",
              text: t("search.match", {
                row: String(one.number),
                count: one.length,
                strength: signed(one.strength, 2),
              }),
            }),
            readButton(one.number),
          ),
          el("p", { class: "sentence", dir: "auto" }, sentence(one)),
        ),
      ),
    ),
  ];
}

function sentence({ tokens, first, spans }) {
  const inside = (place) => spans.some(([from, to]) => place >= from && place < to);
  const parts = [];
  let place = 0;
  while (place < tokens.length) {
    const on = inside(place + first);
    let end = place;
    while (end < tokens.length && inside(end + first) === on) end += 1;
    const text = tokens.slice(place, end).join(" ");
    parts.push(on ? el("mark", { text }) : text, " ");
    place = end;
  }
  return [first > 0 && "… ", parts];
}
