// The rows of the file that a text is, with the labels that they have there.

import { ApiError, post } from "../api.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { labelName } from "./label-name.js";
import { placeOf } from "./labels.js";

// A service without rows is asked once.
let rowless = false;

/** `{file, rows}` of the text of a reading; no rows where the service has none or does not answer. */
export async function sameRows({ text, model }, signal) {
  const none = { file: null, rows: [] };
  if (rowless) return none;
  try {
    const found = await post("/v1/same-rows", { text, model }, { signal });
    rowless = found.file === null;
    return found.rows.length > 0 ? await withDecisions(found, signal) : found;
  } catch (error) {
    if (!(error instanceof ApiError) && error.name !== "AbortError") throw error;
    return none;
  }
}

/** The rows, each with what is decided about it, in words. Most texts are no rows: what this takes is loaded for those that are. */
async function withDecisions({ file, rows }, signal) {
  const [{ decisionsFor }, { decisionWords }] = await Promise.all([import("./decisions.js"), import("./doubted-row.js")]);
  const decisions = await decisionsFor(signal);
  return { file, rows: rows.map((row) => ({ ...row, decided: decisionWords(decisions.of(row.number)) })) };
}

/** What the file says of a text: a line for each of its rows. */
export function labelInFile({ file, rows }, { labels }) {
  const [before, after] = t("reading.label_in_file", { file, label: "\n", row: "\r" }).split("\n");
  return rows.map(({ number: row, label, decided }) =>
    el(
      "p",
      { class: "in-file" },
      before,
      labelName(label, placeOf(label, labels)),
      after.replace("\r", String(row)),
      decided && el("span", { class: "decision", text: ` · ${decided}` }),
    ),
  );
}
