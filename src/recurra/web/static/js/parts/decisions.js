// What the reader decided about rows of the data; kept in the browser until it is exported.

import { recall, remember } from "../storage.js";

/**
 * Decisions about a model's rows: row → {decision: "keep" | "exclude" | "relabel", label}.
 * @param {string} model
 */
export function decisionsFor(model) {
  const name = `decisions.${model}`;
  const all = new Map(recall(name, []));
  const store = () => remember(name, all.size ? [...all] : null);
  return {
    of: (row) => all.get(row) ?? null,
    set(row, decision, label = "") {
      all.set(row, { decision, label: String(label) });
      return store();
    },
    forget(row) {
      all.delete(row);
      return store();
    },
    get size() {
      return all.size;
    },
    /** The file for `recurra train --exclude` and `--relabel`: row, decision and label, in the order of the rows. */
    csv: () => ["row,decision,label", ...[...all].sort(([a], [b]) => a - b).map(([row, { decision, label }]) => [row, decision, quoted(label)].join(","))].join("\r\n") + "\r\n",
  };
}

/** A cell of CSV (RFC 4180). */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
