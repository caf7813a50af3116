// The runs, those on the same rows together, each with its state, its best score, its date and its settings.

import { el } from "../dom.js";
import { moment, number, percent, t } from "../i18n.js";
import { fileName, jsonButton } from "./download.js";
import { flat } from "./run-settings.js";
import { store } from "../store.js";
import { toneSwatch } from "./tones.js";

const COLUMNS = ["run", "state", "epochs", "best", "final", "served", "updated", "settings"];

/**
 * @param {object[]} runs newest first.
 * @param {Set<string>} hidden names of runs that are not drawn; boxes change it.
 * @param {function(): void} changed is called then.
 */
export function runGroups(runs, hidden, changed) {
  const groups = Map.groupBy(runs, ({ data }) => data?.data_sha256 ?? "");
  return [...groups].map(([digest, members]) => {
    const rows = members.find(({ data }) => data?.rows !== undefined)?.data.rows;
    const held = [...new Set(members.map(({ data }) => data?.held_out).filter(Number.isInteger))];
    const name = digest
      ? t(rows === undefined ? "runs.group" : "runs.group_rows", { digest: digest.slice(0, 8), count: rows ?? 0 })
      : t("runs.group_unknown");
    return el(
      "div",
      { class: "run-group" },
      el("h3", { text: name }),
      held.length > 0 &&
        el("p", { class: "note", text: t("runs.scores_note", { rows: held.map((one) => number(one)).join(", ") }) }),
      el(
        "div",
        { class: "scroll", role: "region", "aria-label": t("table.of", { caption: name }), tabindex: 0 },
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              COLUMNS.map((column) => el("th", { scope: "col", text: t(`runs.${column}`) })),
            ),
          ),
          el(
            "tbody",
            {},
            members.map((run) => runRow(run, { place: runs.indexOf(run), hidden, changed })),
          ),
        ),
      ),
    );
  });
}

/** The score of the model that the run ended with, on the same rows held out. */
function finalScore({ scores }) {
  const { accuracy, rows } = scores?.validation ?? {};
  if (!Number.isFinite(accuracy)) return "–";
  return Number.isInteger(rows) ? t("runs.final_of", { share: percent(accuracy, 2), rows }) : percent(accuracy, 2);
}

/** The names of the served models that this run has made. */
function servedAs({ digest }) {
  const names = store.models.filter((model) => digest && model.digest === digest).map(({ name }) => name);
  return names.join(", ") || "–";
}

function runRow(run, { place, hidden, changed }) {
  const best = run.epochs.map((epoch) => epoch.validation_accuracy).filter(Number.isFinite);
  const box = el("input", {
    type: "checkbox",
    checked: !hidden.has(run.name),
    on: {
      change: () => {
        if (box.checked) hidden.delete(run.name);
        else hidden.add(run.name);
        changed();
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
    el("td", { class: "figure", text: finalScore(run) }),
    el("td", {}, el("bdi", { text: servedAs(run) })),
    el("td", { class: "figure", text: moment(run.updated) }),
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
