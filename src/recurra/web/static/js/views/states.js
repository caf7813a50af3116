// State space: where documents end, and the way of one document, word by word.

import { chart } from "../charts/chart.js";
import { extent, padded } from "../charts/scale.js";
import { el, fill } from "../dom.js";
import { number, percent, serviceLine, signed, t } from "../i18n.js";
import { answersFrom } from "../parts/answers-from.js";
import { card } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { fromData } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { areMany, colourOf, colourOnly, look, placeOf } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { readButton } from "../parts/open-row.js";
import { foldedTable } from "../parts/table.js";
import { classFinder } from "../parts/top-classes.js";
import { store } from "../store.js";
import { css, lessMotion } from "../theme.js";

const STEP = 450;

export function mount(body, signal) {
  return fromData(body, { path: "/v1/states", draw: ([states], lifetime) => draw(body, states, lifetime), signal });
}

function draw(body, states, signal) {
  const documents = states.documents.filter((document) => document.path.length > 0);
  if (documents.length === 0) {
    fill(body, emptyPanel(t("states.none"), t("states.none_about")));
    return;
  }
  let chosen = 0;
  // The model may go on after the last word: it reads pads, or has to read backwards as well.
  const atEnd = t(endName(states.model));
  const steps = documents.map(stepsOf);
  let step = steps[0].length - 1;
  let timer = null;
  // Where all of them end, and of some the way; older services give the ways alone.
  const points =
    states.points ??
    documents.map((document) => ({
      row: document.row,
      label: document.label,
      predicted: document.predicted,
      x: document.path.at(-1)[0],
      y: document.path.at(-1)[1],
    }));
  const withPath = new Map(documents.map((document, place) => [document.row, place]));
  const classes = states.labels
    .map((label, place) => place)
    .filter((place) => points.some((point) => placeOf(point.label, states.labels) === place));

  // Of many classes the most frequent ones have a colour, and those that somebody looks for.
  const many = areMany(states.labels);
  let coloured = [];
  const finder =
    many &&
    classFinder(states.labels, (found) => {
      recolour(found);
      plot.redraw();
      choose(chosen);
    });
  function recolour(found) {
    if (!many) return;
    const rows = new Map();
    for (const { label } of points) rows.set(label, (rows.get(label) ?? 0) + 1);
    const frequent = [...rows].sort((a, b) => b[1] - a[1]).map(([label]) => placeOf(label, states.labels));
    coloured = [...new Set([...frequent.slice(0, 5), ...found])];
    colourOnly(coloured);
    finder.show(coloured);
  }

  /** Points by class, those in grey first: pairs of the class's place, null for grey, and the points. */
  function groups() {
    const of = (point) => placeOf(point.label, states.labels);
    const own = (places) => places.map((place) => [place, points.filter((point) => of(point) === place)]);
    if (!many) return own(classes);
    return [[null, points.filter((point) => !coloured.includes(of(point)))], ...own(coloured)];
  }

  const series = () => {
    const { tokens } = documents[chosen];
    const way = [
      ...(states.start ? [["", states.start]] : []),
      ...steps[chosen].slice(0, step + 1).map((point, place) => [tokens[place] ?? atEnd, point]),
    ];
    const ends = groups().map(([place, own]) => {
      return {
        name: place === null ? null : String(states.labels[place]),
        x: own.map((point) => point.x),
        y: own.map((point) => point.y),
        colour: colourOf(place ?? -1),
        opacity: place === null ? 0.4 : 0.65,
        symbol: look(place ?? -1).symbol,
        radius: (k) => (withPath.has(own[k].row) ? 4.5 : 3),
        said: (k) => saidOf(own[k]),
        ends: own,
      };
    });
    return [
      ...ends,
      {
        x: way.map(([, point]) => point[0]),
        y: way.map(([, point]) => point[1]),
        colour: css("ink"),
        width: 1.5,
        symbol: "circle",
        radius: (k) => (k === way.length - 1 ? 5.5 : 2),
        said: (k) => way[k][0],
      },
    ];
  };
  const saidOf = (point) => {
    const place = withPath.get(point.row);
    const head = `${t("doubts.row", { row: numberOf(point) })}: ${point.label} → ${point.predicted}`;
    return place === undefined ? head : `${head}. ${short(documents[place].text, 60)}`;
  };
  const axis = (component) =>
    t("states.axis", { component: number(component + 1), share: percent(states.explained_variance[component]) });
  const all = [...steps.flat(), ...points.map((point) => [point.x, point.y])];
  // Fixed, so that the picture does not jump while a document is played.
  const ranges = [0, 1].map((component) => padded(extent(all.map((point) => point[component])), 0.05));
  const picked = el("p", { class: "note", role: "status" });
  const plot = chart({
    label: t("states.chart_label", { count: points.length }),
    height: 460,
    draw: () => ({
      series: series(),
      x: { title: axis(0), range: ranges[0] },
      y: { title: axis(1), range: ranges[1] },
    }),
    signal,
    clicked: ({ ends }, k) => {
      const clicked = ends?.[k];
      if (!clicked) return;
      if (withPath.has(clicked.row)) choose(withPath.get(clicked.row));
      fill(
        picked,
        t("states.clicked", { row: numberOf(clicked), label: clicked.label, predicted: clicked.predicted }),
        " ",
        readButton(clicked.number, { model: states.model }),
      );
    },
  });

  const slider = el("input", {
    type: "range",
    min: 0,
    max: step,
    value: step,
    "aria-label": t("states.step"),
    on: {
      input: () => {
        // Read before stopping, which puts the slider back to where the playing was.
        const wanted = Number(slider.value);
        stop();
        go(wanted);
      },
    },
  });
  const play = el("button", { type: "button", on: { click: () => (timer === null ? start() : stop()) } });
  const sentence = el("p", { class: "sentence", dir: "auto" });
  const said = el("p", { class: "readout", role: "status" });
  const select = el(
    "select",
    { on: { change: () => choose(Number(select.value)) } },
    documents.map((document, place) =>
      el("option", { value: place, text: `${numberOf(document)}: ${short(document.text, 60)}` }),
    ),
  );
  const facts = el("p", {});

  function drawControls() {
    play.textContent = t(timer === null ? "states.play" : "states.stop");
    slider.value = step;
    const { tokens } = documents[chosen];
    const [x, y] = steps[chosen][step].map((value) => signed(value));
    slider.setAttribute("aria-valuetext", tokens[step] ?? atEnd);
    fill(
      sentence,
      tokens.map((token, place) => [
        el("span", { class: place < step ? "past" : place === step ? "now" : "future", text: token }),
        " ",
      ]),
      steps[chosen].length > tokens.length &&
        el("span", { class: step === tokens.length ? "now" : "future", text: atEnd }),
    );
    said.textContent =
      timer !== null
        ? ""
        : step === tokens.length
          ? t("states.at_end", { end: atEnd, x, y })
          : t("states.at", { word: tokens[step], place: number(step + 1), count: number(tokens.length), x, y });
  }
  function go(place) {
    step = place;
    drawControls();
    plot.redraw();
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    drawControls();
  }
  function start() {
    const next = () => {
      if (step >= steps[chosen].length - 1) {
        stop();
        return;
      }
      timer = setTimeout(next, STEP);
      go(step + 1);
    };
    timer = setTimeout(next, STEP);
    go(0);
  }
  function choose(place) {
    stop();
    chosen = place;
    select.value = place;
    slider.max = steps[place].length - 1;
    const document = documents[place];
    fill(
      facts,
      t("page.label"),
      " ",
      labelName(document.label, placeOf(document.label, states.labels)),
      " · ",
      t("page.predicted"),
      " ",
      labelName(document.predicted, placeOf(document.predicted, states.labels)),
      " ",
      readButton(document.number, { model: states.model }),
    );
    go(steps[place].length - 1);
  }
  signal.addEventListener("abort", () => clearTimeout(timer));

  fill(
    body,
    el(
      "div",
      { class: "beside" },
      card(t("states.chart"), {
        note: t("states.chart_note"),
        help: "states",
        body: [
          finder
            ? finder.node
            : el(
                "ul",
                { class: "legend" },
                classes.map((place) => el("li", {}, labelName(states.labels[place], place))),
              ),
          plot.node,
          picked,
          el("p", { class: "note", text: answersFrom(states.model) }),
          (states.notes ?? []).map((note) => el("p", { class: "note", text: serviceLine(note) })),
        ],
        table: foldedTable(
          t("states.chart"),
          [
            { name: t("states.row") },
            { name: t("page.label") },
            { name: t("page.predicted") },
            { name: axis(0), number: true },
            { name: axis(1), number: true },
          ],
          () =>
            points.map((point) => [numberOf(point), point.label, point.predicted, signed(point.x), signed(point.y)]),
        ),
        downloads: [
          svgButton(fileName("states", states.model), plot.svg),
          jsonButton(fileName("states", states.model), () => states),
        ],
      }),
      card(t("states.one"), {
        note: t(lessMotion() ? "states.one_still" : "states.one_note"),
        help: "path",
        // Who asked for less motion moves the slider; nothing moves by itself.
        body: [
          el(
            "label",
            { class: "choice full" },
            el("span", { class: "choice-name", text: t("states.document") }),
            select,
          ),
          facts,
          sentence,
          el("div", { class: "player" }, !lessMotion() && play, slider),
          said,
        ],
        table: foldedTable(
          t("states.one"),
          [{ name: t("reading.word") }, { name: axis(0), number: true }, { name: axis(1), number: true }],
          () =>
            steps[chosen].map((point, place) => [
              documents[chosen].tokens[place] ?? atEnd,
              signed(point[0], 3),
              signed(point[1], 3),
            ]),
        ),
        downloads: [jsonButton(fileName("path", states.model), () => documents[chosen])],
      }),
    ),
  );
  recolour([]);
  choose(0);
}

/** The points of a document's way: one for each word, and where it ends, if that is elsewhere. */
function stepsOf({ path, end }) {
  const last = path.at(-1);
  const on = end && Math.hypot(end[0] - last[0], end[1] - last[1]) > 1e-4;
  return on ? [...path, end] : path;
}

/** Why a document may end elsewhere than after its last word. */
function endName(model) {
  const { pad_to: pads, network } = store.models.find(({ name }) => name === model) ?? {};
  return pads ? "states.end" : network?.bidirectional ? "states.end_both" : "states.end_other";
}

/** The row's number as messages about the file have it. */
function numberOf({ number: shown, row }) {
  return String(shown ?? row);
}

function short(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
