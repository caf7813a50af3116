// What the reader decided about rows of the data; kept in the browser until it is exported.

import { recall, remember } from "../storage.js";

/**
 * Decisions about a model's rows: row → {decision: "keep" | "exclude" | "relabel", label, head,
 * number}, where row counts from 0 and number as messages about the file do.
 * @param {string} model
 */
export function decisionsFor(model) {
  const name = `decisions.${model}`;
  const all = new Map(recall(name, []));
  const store = () => remember(name, all.size ? [...all] : null);
  return {
    of: (row) => all.get(row) ?? null,
    set(row, decision, { label = "", head = "", number = "" } = {}) {
      all.set(row, { decision, label: String(label), head, number });
      return store();
    },
    forget(row) {
      all.delete(row);
      return store();
    },
    get size() {
      return all.size;
    },
    /**
     * The file for `recurra train --exclude` and `--relabel`, in the order of the rows. The beginning of each text
     * lets the training see that the file is about its table.
     */
    csv() {
      const lines = [...all]
        .sort(([a], [b]) => a - b)
        .map(([row, { decision, label, head, number = "" }]) =>
          [row, number, decision, quoted(label), quoted(harmless(head))].join(","),
        );
      return `${["row,number,decision,label,text", ...lines].join("\n")}\n`;
    },
  };
}

/** A cell of CSV (RFC 4180). */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet would take a text that begins so for a formula. */
function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
