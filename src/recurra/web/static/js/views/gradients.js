// Vanishing gradients: how much of the loss's gradient is left, step by step back from the end.

import { fill } from "../dom.js";
import { compact, number, t } from "../i18n.js";
import { card, choice } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { fromData } from "../parts/from-data.js";
import { emptyPanel } from "../parts/notices.js";
import { chart, plain } from "../parts/plot.js";
import { foldedTable, table } from "../parts/table.js";
import { toneColour, toneLegend, toneLine } from "../parts/tones.js";
import { store } from "../store.js";

// Models that are shown together.
const MOST = 6;
// Places among the dashes: dotted before, solid after.
const DASHES = { "before training": 2, "after training": 0 };

export function mount(body, signal) {
  return fromData(body, {
    path: "/v1/gradients",
    queries: () => shownModels().map((model) => ({ model })),
    draw: (flows, lifetime) => draw(body, { models: flows.flatMap((flow) => flow.models) }, lifetime),
    signal,
  });
}

/** The chosen model and others beside it, for the cells are told apart side by side. */
function shownModels() {
  const names = store.models.map(({ name }) => name);
  return names.filter((name) => name === store.model || names.indexOf(name) < MOST);
}

/** One colour for each network, dotted before training. */
function draw(body, flow, signal) {
  if (flow.models.length === 0) {
    fill(body, emptyPanel(t("gradients.none"), t("gradients.none_about")));
    return;
  }
  const names = [...new Set(flow.models.map((model) => model.name))];
  const tone = (model) => names.indexOf(model.name);
  const called = (model) => `${model.name}, ${when(model)}`;
  let logarithmic = true;
  const traces = () =>
    flow.models.flatMap((model) => {
      const line = toneLine(tone(model), DASHES[model.when] ?? 1);
      const edge = {
        type: "scatter",
        mode: "lines",
        x: model.distance,
        hoverinfo: "skip",
        line: { width: 0, color: toneColour(tone(model)) },
      };
      const said = model.distance.map((distance, place) =>
        plain(t("gradients.hover", { name: called(model), distance, norm: compact(model.norm[place]) })),
      );
      return [
        { ...edge, y: floor(model.low) },
        { ...edge, y: floor(model.high), fill: "tonexty", fillcolor: toneColour(tone(model), 0.12) },
        {
          type: "scatter",
          mode: "lines",
          name: plain(called(model)),
          x: model.distance,
          y: floor(model.norm),
          line,
          text: said,
          hoverinfo: "text",
        },
      ];
    });
  // A logarithmic axis has no place for nought.
  const floor = (values) => values.map((value) => (logarithmic && !(value > 0) ? null : value));
  const layout = () => ({
    hovermode: "closest",
    margin: { l: 56, r: 12, t: 8, b: 44 },
    xaxis: { title: { text: t("gradients.distance") } },
    yaxis: {
      type: logarithmic ? "log" : "linear",
      title: { text: t("gradients.norm") },
      ...(logarithmic ? decades(flow.models) : { rangemode: "tozero" }),
    },
  });
  const plot = chart({
    label: t("gradients.chart_label", { models: names.join(", ") }),
    height: 380,
    draw: () => ({ traces: traces(), layout: layout() }),
    signal,
  });
  const legend = toneLegend(flow.models.map((model) => [called(model), tone(model), DASHES[model.when] ?? 1]));
  const scale = choice(
    t("gradients.scale"),
    [
      ["log", t("gradients.log")],
      ["linear", t("gradients.linear")],
    ],
    "log",
    (value) => {
      logarithmic = value === "log";
      plot.redraw();
    },
  );
  const distances = flow.models.map((model) => model.distance).reduce((a, b) => (a.length >= b.length ? a : b));
  fill(
    body,
    card(t("gradients.chart"), {
      note: t("gradients.chart_note"),
      tools: scale,
      body: [legend, plot.node],
      table: foldedTable(
        t("gradients.chart"),
        [
          { name: t("gradients.distance"), number: true },
          ...flow.models.map((model) => ({ name: called(model), number: true })),
        ],
        () =>
          distances.map((distance, place) => [
            number(distance),
            ...flow.models.map((model) => compact(model.norm[place])),
          ]),
      ),
      downloads: [svgButton("gradient-flow", plot.svg), jsonButton("gradient-flow", () => flow)],
    }),
    card(t("gradients.half"), {
      note: t("gradients.half_note"),
      body: table(
        t("gradients.half"),
        [
          { name: t("gradients.model") },
          { name: t("gradients.cell") },
          { name: t("gradients.when") },
          { name: t("gradients.half_distance"), number: true },
          { name: t("gradients.documents"), number: true },
        ],
        flow.models.map((model) => [
          model.name,
          t(`cells.${model.cell}`),
          when(model),
          model.half_distance === null ? t("gradients.never") : number(model.half_distance, { digits: 1 }),
          number(model.documents),
        ]),
      ),
      downloads: [
        jsonButton(fileName("half-distance"), () =>
          flow.models.map(({ name, cell, when: at, half_distance: half }) => ({
            name,
            cell,
            when: at,
            half_distance: half,
          })),
        ),
      ],
    }),
  );
}

/** Ticks at powers of ten. They are written by us: Plotly writes them with styles, which the page's policy forbids. */
function decades(models) {
  const least = Math.min(...models.flatMap((model) => [...model.low, ...model.norm]).filter((value) => value > 0));
  const lowest = Math.floor(Math.log10(least));
  const step = Math.max(1, Math.ceil(-lowest / 8));
  const powers = Array.from({ length: Math.floor((2 - lowest) / step) + 1 }, (_, place) => 1 - place * step);
  return { tickvals: powers.map((power) => 10 ** power), ticktext: powers.map((power) => compact(10 ** power)) };
}

function when(model) {
  const key = { "before training": "gradients.before", "after training": "gradients.after" }[model.when];
  return key ? t(key) : model.when;
}
