// What is said of a row that has a near-copy of another label.

import { el } from "../dom.js";
import { t } from "../i18n.js";

/** Where the model agrees with the row and not with its near-copy, that the copy is the one to look at. */
export function copySuspect(row) {
  const other = row.details.find(({ label, text }) => text !== undefined && String(label) !== String(row.label));
  // A row of a queue in a file says nothing of this model.
  if (row.suggested !== null || row.predicted === undefined || !other) return null;
  return el("p", { text: t("doubts.copy_suspect", { row: String(other.number), label: String(other.label) }) });
}
