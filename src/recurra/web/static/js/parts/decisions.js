// What is decided about rows of the data: kept by the service in a file, or in the browser until it is exported.

import { ApiError, get, post } from "../api.js";
import { serviceLine } from "../i18n.js";
import { recall, remember } from "../storage.js";

/**
 * The decisions about the rows, by the row's number as messages about the file have it: {decision: "keep" | "exclude" |
 * "relabel", label}.
 * They are about the rows, whichever model doubts them: the browser keeps one list for each file of rows.
 * @returns what `of(number)` says of a row, null for undecided; `count()`, of rows decided in all; `set(row, made)`, which promises {kept, conflict, line};
 *   `refresh()`; `columns`, the options that name the columns; `file`, the name of the service's file, or null; and `csv()`.
 */
export async function decisionsFor(signal) {
  const { file, data, decisions, columns } = await get("/v1/decisions", { signal });
  return { columns, ...(file === null ? inBrowser(data ?? "") : onService(file, decisions, signal)) };
}

function onService(file, first, signal) {
  let made = byNumber(first);
  async function refresh() {
    made = byNumber((await get("/v1/decisions", { signal })).decisions);
  }
  return {
    file,
    of: (number) => made.get(number) ?? null,
    count: () => made.size,
    refresh,
    /** `was` goes along: what another tab has decided meanwhile is not written over. */
    async set({ number }, wanted) {
      const was = made.get(number) ?? null;
      try {
        await post("/v1/decisions", { number, decision: null, ...wanted, was }, { signal });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 409) await refresh();
        return { kept: false, conflict: error.status === 409, line: serviceLine(error.message) };
      }
      if (wanted === null) made.delete(number);
      else made.set(number, wanted);
      return { kept: true, conflict: false };
    },
  };
}

function byNumber(decisions) {
  return new Map(decisions.map(({ number, decision, label }) => [number, { decision, label }]));
}

function inBrowser(data) {
  const name = `decisions.${data}`;
  const read = () => new Map(recall(name, []).map(([row, one]) => [one.number, { ...one, row }]));
  let all = read();
  return {
    file: null,
    of: (number) => (all.has(number) ? { decision: all.get(number).decision, label: all.get(number).label } : null),
    count: () => all.size,
    async refresh() {
      all = read();
    },
    async set({ number, row, head = "" }, wanted) {
      if (wanted === null) all.delete(number);
      else all.set(number, { ...wanted, head, row });
      const kept = [...all].map(([place, { row: index, ...one }]) => [index, { ...one, number: place }]);
      return { kept: remember(name, kept.length ? kept : null), conflict: false };
    },
    /**
     * The file for `recurra train --exclude` and `--relabel`, in the order of the rows. The beginning of each text
     * lets the training see that the file is about its table.
     */
    csv() {
      const lines = [...all]
        .sort(([a], [b]) => a - b)
        .map(([number, { row, decision, label, head }]) =>
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
