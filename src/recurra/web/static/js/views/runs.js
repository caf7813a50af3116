// Runs: what is being trained and what was, with curves that grow as the epochs end.

import { ApiError, get, pause } from "../api.js";
import { chart } from "../charts/chart.js";
import { shareTick } from "../charts/probability-axis.js";
import { el, fill } from "../dom.js";
import { compact, knows, number, percent, t } from "../i18n.js";
import { card, picker } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { emptyPanel, errorPanel, loadingPanel, needs } from "../parts/notices.js";
import { foldedTable } from "../parts/table.js";
import { toneLine, toneSwatch } from "../parts/tones.js";

// A running one is asked after often; otherwise now and then, for a new one may begin.
const OFTEN = 2000;
const SELDOM = 10_000;
// What a run calls the numbers of its training windows, and what they are called beside those of its epochs.
const CURVES = { loss: "train_loss", accuracy: "train_accuracy" };
const FIRST = ["validation_accuracy", "train_loss", "train_accuracy"];

export async function mount(body, signal) {
  fill(body, loadingPanel(t("page.asking")));
  let page = null;
  let before = "";
  while (!signal.aborted) {
    let runs = [];
    try {
      runs = (await get("/v1/runs", { signal })).runs;
      const now = JSON.stringify(runs);
      if (now !== before) {
        before = now;
        if (runs.length === 0) {
          page = null;
          fill(body, emptyPanel(t("runs.none"), t("runs.none_about"), "recurra train DATA.csv --out runs/first"));
        } else {
          page ??= build(body, signal);
          page(runs);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 404) {
        fill(body, needs(error, "runs"));
        return;
      }
      page = null;
      before = "";
      fill(body, errorPanel(error));
    }
    await pause(runs.some((run) => run.state === "running") ? OFTEN : SELDOM, signal).catch(() => {});
  }
}

/** Makes the frame once; the function it gives puts the present runs into it: nothing jumps while curves grow. */
function build(body, signal) {
  let runs = [];
  let metric = null;
  const hidden = new Set();
  const list = el("tbody");
  const tools = el("div");
  const shown = () => runs.filter((run) => !hidden.has(run.name) && pointsOf(run, metric).length > 0);
  const plot = chart({
    label: t("runs.chart_label"),
    height: 340,
    signal,
    draw: () => ({
      series: shown().map((run) => {
        const points = pointsOf(run, metric);
        return {
          name: run.name,
          x: points.map(([epoch]) => epoch),
          y: points.map(([, value]) => value),
          said: (place) => {
            const [epoch, value] = points[place];
            return `${run.name}, ${t("runs.epoch_at", { epoch })}: ${shownValue(metric, value)}`;
          },
          symbol: "circle",
          radius: 2.5,
          ...toneLine(runs.indexOf(run)),
        };
      }),
      x: { title: t("runs.epoch") },
      y: isShare(metric) ? { format: shareTick } : {},
    }),
  });
  const rowsOfTable = () =>
    runs.flatMap((run) =>
      run.epochs.map((epoch) => [run.name, number(epoch.epoch), ...FIRST.map((name) => shownValue(name, epoch[name]))]),
    );
  fill(
    body,
    card(t("runs.curves"), {
      help: "runs",
      tools,
      body: plot.node,
      table: foldedTable(
        t("runs.curves"),
        [
          { name: t("runs.run") },
          { name: t("runs.epoch"), number: true },
          ...FIRST.map((name) => ({ name: metricName(name), number: true })),
        ],
        rowsOfTable,
      ),
      downloads: [svgButton("runs", plot.svg), jsonButton("runs", () => ({ runs }))],
    }),
    card(t("runs.list"), {
      body: el(
        "div",
        { class: "scroll", role: "region", "aria-label": t("table.of", { caption: t("runs.list") }), tabindex: 0 },
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["run", "state", "epochs", "best", "settings"].map((name) =>
                el("th", { scope: "col", text: t(`runs.${name}`) }),
              ),
            ),
          ),
          list,
        ),
      ),
    }),
  );

  return (present) => {
    runs = present;
    const names = (rows, rename) =>
      rows.flatMap((row) =>
        Object.keys(row)
          .filter((name) => name !== "epoch" && Number.isFinite(row[name]))
          .map(rename),
      );
    const metrics = [
      ...new Set(
        runs.flatMap((run) => [
          ...names(run.epochs, (name) => name),
          ...names(run.curve ?? [], (name) => CURVES[name] ?? name),
        ]),
      ),
    ].sort((a, b) => (FIRST.indexOf(a) + 1 || 99) - (FIRST.indexOf(b) + 1 || 99));
    if (!metrics.includes(metric)) metric = metrics[0] ?? FIRST[0];
    if (tools.dataset.metrics !== metrics.join()) {
      tools.dataset.metrics = metrics.join();
      fill(
        tools,
        picker(
          t("runs.metric"),
          metrics.map((name) => [name, metricName(name)]),
          metric,
          (name) => {
            metric = name;
            plot.redraw();
          },
        ),
      );
    }
    fill(
      list,
      runs.map((run, place) => runRow(run, { place, hidden, redraw: plot.redraw })),
    );
    plot.redraw();
  };
}

/** Pairs of epoch and value: from the windows of the training where it has them, which are finer than its epochs. */
function pointsOf(run, metric) {
  const inCurve = Object.keys(CURVES).find((name) => CURVES[name] === metric) ?? metric;
  const fine = (run.curve ?? []).filter((row) => Number.isFinite(row[inCurve])).map((row) => [row.epoch, row[inCurve]]);
  return fine.length > 0
    ? fine
    : run.epochs.filter((row) => Number.isFinite(row[metric])).map((row) => [row.epoch, row[metric]]);
}

function runRow(run, { place, hidden, redraw }) {
  const best = run.epochs.map((epoch) => epoch.validation_accuracy).filter(Number.isFinite);
  const box = el("input", {
    type: "checkbox",
    checked: !hidden.has(run.name),
    on: {
      change: () => {
        if (box.checked) hidden.delete(run.name);
        else hidden.add(run.name);
        redraw();
      },
    },
  });
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      el("label", { class: "run-name" }, box, toneSwatch(place), el("bdi", { text: run.name })),
    ),
    el("td", {}, el("span", { class: `badge ${run.state}`, text: t(`runs.states.${run.state}`) })),
    el("td", { class: "figure", text: number(run.epochs.at(-1)?.epoch, { digits: 2 }) }),
    el("td", { class: "figure", text: best.length ? percent(Math.max(...best), 2) : "–" }),
    el(
      "td",
      {},
      el(
        "details",
        {},
        el("summary", { text: t("runs.show_settings") }),
        el(
          "dl",
          { class: "settings" },
          flat(run.settings).map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }))),
        ),
        jsonButton(fileName("run", run.name), () => run),
      ),
    ),
  );
}

function flat(settings, prefix = "") {
  return Object.entries(settings ?? {}).flatMap(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? flat(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, JSON.stringify(value)]],
  );
}

function isShare(name) {
  return /accuracy|f1|ece/.test(name ?? "");
}

function shownValue(name, value) {
  return isShare(name) ? percent(value, 2) : compact(value);
}

function metricName(name) {
  return knows(`runs.metrics.${name}`) ? t(`runs.metrics.${name}`) : name.replaceAll("_", " ");
}
