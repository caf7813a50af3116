// Reliability: how often the model is right where it says that it is so sure.

import { chart } from "../charts/chart.js";
import { shareTick } from "../charts/probability-axis.js";
import { number, percent, t } from "../i18n.js";
import { css } from "../theme.js";
import { card } from "./card.js";
import { fileName, svgButton } from "./download.js";
import { facts } from "./from-data.js";
import { foldedTable } from "./table.js";
import { toneLegend, toneLine } from "./tones.js";

// The radius of a bin with all rows, and of one with hardly any.
const LARGEST = 11;
const SMALLEST = 2.5;

/** The reliability diagram of /v1/confusions. */
export function calibrationCard(found, signal) {
  const bins = found.reliability
    .map((bin, place) => ({ ...bin, from: place / found.reliability.length, to: (place + 1) / found.reliability.length }))
    .filter(({ rows }) => rows > 0);
  // Of several labels a row, each decision about a label counts, and what is compared is how often a row has it.
  const several = found.multi_label === true;
  const words = (name) => t(`model.${name}${several ? "_label" : ""}`);
  const all = bins.reduce((sum, { rows }) => sum + rows, 0);
  const gap = bins.reduce((sum, { rows, confidence, accuracy }) => sum + rows * (confidence - accuracy), 0) / all;
  const said = ({ rows, confidence, accuracy }) =>
    t(several ? "model.bin_label" : "model.bin", { sure: percent(confidence), right: percent(accuracy), count: rows });
  const plot = chart({
    label: t(several ? "model.reliability_labels" : "model.reliability_label", { ece: percent(found.ece) }),
    height: 320,
    signal,
    draw: () => ({
      series: [
        { name: words("ideal"), x: [0, 1], y: [0, 1], colour: css("soft"), width: 1.5, dash: "4 4" },
        {
          name: found.model,
          x: bins.map(({ confidence }) => confidence),
          y: bins.map(({ accuracy }) => accuracy),
          symbol: "circle",
          radius: (place) => Math.max(SMALLEST, LARGEST * Math.sqrt(bins[place].rows / all)),
          said: (place) => said(bins[place]),
          ...toneLine(0),
        },
      ],
      x: { title: words("sure"), range: [0, 1.03], format: shareTick },
      y: { title: words("right"), range: [0, 1.02], format: shareTick },
    }),
  });
  const side = Math.abs(gap) < 0.005 ? "even" : gap > 0 ? "over" : "under";
  return card(t("model.reliability"), {
    note: t(`model.gap_${side}${several ? "_label" : ""}`, { gap: number(100 * Math.abs(gap), { digits: 1, fixed: true }) }),
    help: several ? "reliability_label" : "reliability",
    body: [
      facts([[t("model.ece"), `${percent(found.ece)} (${found.intervals.ece.map((end) => percent(end)).join("–")})`]]),
      toneLegend([[found.model, 0]]),
      plot.node,
    ],
    table: foldedTable(
      t("model.reliability"),
      [
        { name: words("bin_name") },
        { name: words("rows"), number: true },
        { name: words("sure"), number: true },
        { name: words("right"), number: true },
      ],
      () =>
        bins.map(({ from, to, rows, confidence, accuracy }) => [
          `${percent(from)} – ${percent(to)}`,
          number(rows),
          percent(confidence),
          percent(accuracy),
        ]),
    ),
    downloads: [svgButton(fileName("reliability", found.model), plot.svg)],
  });
}
