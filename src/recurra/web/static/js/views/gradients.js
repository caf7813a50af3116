// Vanishing gradients: how much of the loss's gradient is left, step by step back from the end.

import { chart } from "../charts/chart.js";
import { el, fill } from "../dom.js";
import { compact, number, serviceLine, t } from "../i18n.js";
import { card, choice } from "../parts/card.js";
import { jsonButton, svgButton } from "../parts/download.js";
import { fromData } from "../parts/from-data.js";
import { emptyPanel } from "../parts/notices.js";
import { readButton } from "../parts/open-row.js";
import { foldedTable, table } from "../parts/table.js";
import { toneLegend, toneLine } from "../parts/tones.js";
import { addressOf } from "../router.js";
import { store } from "../store.js";

// Models that are shown together.
const MOST = 6;
// Places among the dashes: dotted before, solid after.
const DASHES = { "before training": 2, "after training": 0 };

export function mount(body, signal) {
  return fromData(body, {
    path: "/v1/gradients",
    queries: () => shownModels().map((model) => ({ model })),
    some: true,
    draw: (flows, lifetime, refused) => draw(body, { models: flows.flatMap((flow) => flow.models) }, refused, lifetime),
    signal,
  });
}

/** The chosen model and others beside it, for the cells are told apart side by side. */
function shownModels() {
  // A model of several labels has no such view, and its refusal would stand in place of all.
  const names = store.models.filter(({ thresholds }) => !thresholds).map(({ name }) => name);
  return names.length === 0
    ? [store.model]
    : names.filter((name) => name === store.model || names.indexOf(name) < MOST);
}

/**
 * One colour for each network, dotted before training. An LSTM's memory lies in c, so its line can be that of c; the
 * others have one state.
 */
function draw(body, flow, refused, signal) {
  if (flow.models.length === 0) {
    fill(body, emptyPanel(t("gradients.none"), t("gradients.none_about")));
    return;
  }
  const names = [...new Set(flow.models.map((model) => model.name))];
  let state = "h";
  let scale = "log";
  const lines = () =>
    flow.models.map((model) => ({
      model,
      name: `${model.name}, ${when(model)}`,
      tone: names.indexOf(model.name),
      dash: DASHES[model.when] ?? 1,
      ...(state === "c" && model.cell_norm
        ? { norm: model.cell_norm, half: model.cell_half_distance }
        : { norm: model.norm, low: model.low, high: model.high, half: model.half_distance }),
    }));

  const plot = chart({
    label: t("gradients.chart_label", { models: names.join(", ") }),
    height: 380,
    draw: () => ({
      series: lines().map(seriesOf),
      x: { title: t("gradients.distance"), whole: true },
      y: { title: t("gradients.norm"), log: scale === "log", ...(scale === "log" ? {} : fromNought(lines())) },
    }),
    signal,
  });
  const drawing = foldedTable(
    t("gradients.chart"),
    [{ name: t("gradients.distance"), number: true }, ...lines().map(({ name }) => ({ name, number: true }))],
    () => {
      const shown = lines();
      const steps = Math.max(...shown.map(({ norm }) => norm.length));
      return Array.from({ length: steps }, (_, place) => [
        number(place),
        ...shown.map(({ norm }) => compact(norm[place])),
      ]);
    },
  );
  const halves = el("div");
  const drawHalves = () => fill(halves, halfTable(lines()));
  const tools = el(
    "div",
    { class: "toolbar" },
    flow.models.some((model) => model.cell_norm) &&
      choice(
        t("gradients.state"),
        ["h", "c"].map((name) => [name, t(`gradients.by_${name}`)]),
        state,
        (name) => {
          state = name;
          plot.redraw();
          drawing.refresh();
          drawHalves();
        },
      ),
    choice(
      t("gradients.scale"),
      ["log", "linear"].map((name) => [name, t(`gradients.${name}`)]),
      scale,
      (name) => {
        scale = name;
        plot.redraw();
      },
    ),
  );
  drawHalves();
  const padded = [...new Set(flow.models.filter((model) => model.pads).map((model) => model.name))];
  const branched = [...new Set(flow.models.filter((model) => model.branch).map((model) => model.name))];
  fill(
    body,
    card(t("gradients.chart"), {
      note: t("gradients.chart_note"),
      help: "gradients",
      tools,
      body: [
        toneLegend(lines().map(({ name, tone, dash }) => [name, tone, dash])),
        plot.node,
        aboutLearning(),
        padded.length > 0 && el("p", { class: "note", text: t("gradients.pads", { models: padded.join(", ") }) }),
        branched.length > 0 && el("p", { class: "note", text: t("branch.gradients", { models: branched.join(", ") }) }),
        refused.map(({ query, error }) =>
          el("p", {
            class: "note",
            text: / which training never saw/.test(error.message)
              ? t("gradients.other_labels", { model: query.model })
              : t("gradients.not_shown", { model: query.model, reason: serviceLine(error.message) }),
          }),
        ),
      ],
      table: drawing,
      downloads: [svgButton("gradient-flow", plot.svg), jsonButton("gradient-flow", () => flow)],
    }),
    card(t("gradients.half"), { note: t("gradients.half_note"), body: halves }),
    rowsCard(flow.models.find(({ name, when, rows }) => rows && name === store.model && when === "after training")),
  );
}

/** The rows at the right end of the chosen model's line: where the gradient reaches furthest, and where it vanishes. */
function rowsCard(flow) {
  if (!flow) return null;
  const half = Math.ceil(flow.rows.length / 2);
  const list = (title, rows) =>
    el(
      "div",
      {},
      el("h3", { text: title }),
      el(
        "ul",
        { class: "confusion-list" },
        rows.map(({ number: row, text, norm }) =>
          el(
            "li",
            {},
            readButton(row, { model: flow.name }),
            el("span", { class: "figure soft", text: compact(norm) }),
            el("span", { dir: "auto", text }),
          ),
        ),
      ),
    );
  return card(t("gradients.rows"), {
    note: t("gradients.rows_note", { model: flow.name, distance: flow.norm.length - 1 }),
    body: el(
      "div",
      { class: "halves" },
      list(t("gradients.reaches"), flow.rows.slice(0, half)),
      list(t("gradients.vanishes"), flow.rows.slice(half).reverse()),
    ),
  });
}

/** The median as a line, with the middle half of the documents shaded where it is known. */
function seriesOf({ model, name, tone, dash, norm, low, high }) {
  return {
    name,
    x: model.distance,
    y: norm,
    band: low && { low, high },
    said: (place) => t("gradients.hover", { name, distance: model.distance[place], norm: compact(norm[place]) }),
    ...toneLine(tone, dash),
  };
}

function fromNought(lines) {
  const values = lines.flatMap(({ norm, high }) => [...norm, ...(high ?? [])]);
  return { range: [0, 1.05 * values.reduce((most, value) => Math.max(most, value), 0) || 1] };
}

function halfTable(lines) {
  return table(
    t("gradients.half"),
    [
      { name: t("gradients.model") },
      { name: t("gradients.cell") },
      { name: t("gradients.when") },
      { name: t("gradients.half_distance"), number: true },
      { name: t("gradients.documents"), number: true },
    ],
    lines.map(({ model, half }) => [
      model.name,
      t(`cells.${model.cell}`),
      when(model),
      half === null ? t("gradients.never") : number(half, { digits: 1 }),
      number(model.documents),
    ]),
  );
}

/** How this belongs to what is kept while reading, and why a line may rise. */
function aboutLearning() {
  const links = { "\n": ["gates", t("gates.title")], "\r": ["states", t("states.title")] };
  const parts = t("gradients.about_learning", { gates: "\n", states: "\r" }).split(/([\n\r])/);
  const said = parts.map((part) =>
    links[part] ? el("a", { href: addressOf(links[part][0]), text: links[part][1] }) : part,
  );
  return [el("p", { class: "note" }, said), el("p", { class: "note", text: t("gradients.above") })];
}

function when(model) {
  const key = { "before training": "gradients.before", "after training": "gradients.after" }[model.when];
  return key ? t(key) : model.when;
}
