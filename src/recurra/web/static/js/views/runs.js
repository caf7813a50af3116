// Runs: what is being trained and what was, with curves that grow as the epochs end.

import { ApiError, get, pause } from "../api.js";
import { chart } from "../charts/chart.js";
import { shareTick } from "../charts/probability-axis.js";
import { el, fill } from "../dom.js";
import { number, t } from "../i18n.js";
import { card, picker } from "../parts/card.js";
import { jsonButton, svgButton } from "../parts/download.js";
import { emptyPanel, errorPanel, loadingPanel, needs } from "../parts/notices.js";
import { runGroups } from "../parts/run-groups.js";
import { isShare, metricName, shownValue } from "../parts/run-metrics.js";
import { settingsDiffer } from "../parts/run-settings.js";
import { smoothed, smoothing } from "../parts/smoothing.js";
import { foldedTable } from "../parts/table.js";
import { toneLegend, toneLine } from "../parts/tones.js";

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
  const list = el("div", { class: "run-groups" });
  const legend = el("div");
  const differences = el("div");
  const tools = el("div", { class: "toolbar" });
  let smooth = 0;
  const shown = () => runs.filter((run) => !hidden.has(run.name) && pointsOf(run, metric).length > 0);
  const plot = chart({
    label: t("runs.chart_label"),
    height: 340,
    signal,
    draw: () => ({
      series: shown().flatMap((run) => {
        const points = pointsOf(run, metric);
        const x = points.map(([epoch]) => epoch);
        const values = points.map(([, value]) => value);
        const one = {
          name: run.name,
          x,
          y: smoothed(values, smooth),
          said: (place) => {
            const at = `${run.name}, ${t("runs.epoch_at", { epoch: points[place][0] })}`;
            return `${at}: ${shownValue(metric, values[place])}`;
          },
          symbol: smooth > 0 ? null : "circle",
          radius: 2.5,
          ...toneLine(runs.indexOf(run)),
        };
        // What was measured stays in sight as pale marks.
        return smooth > 0 ? [{ x, y: values, colour: one.colour, symbol: "circle", radius: 2, opacity: 0.3 }, one] : [one];
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
      body: [legend, plot.node],
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
    card(t("runs.list"), { note: t("runs.list_note"), body: list }),
    differences,
  );

  /** What depends on which runs are chosen. */
  function drawChosen() {
    fill(legend, toneLegend(shown().map((run) => [run.name, runs.indexOf(run)])));
    fill(differences, settingsDiffer(runs.filter((run) => !hidden.has(run.name))));
    plot.redraw();
  }

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
            drawChosen();
          },
        ),
        smoothing(smooth, (value) => {
          smooth = value;
          plot.redraw();
        }),
      );
    }
    fill(list, runGroups(runs, hidden, drawChosen));
    drawChosen();
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
