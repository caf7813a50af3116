// How good a model is, in one line: on the rows of the service where that is known, else on those held out of its training.

import { percent, number, t } from "../i18n.js";
import { store } from "../store.js";

const onData = new Map();
const events = new EventTarget();

/** Keeps what a view of the whole file said, where that is how many rows a model answers rightly. */
export function noteAccuracy(path, answer) {
  const found = { "/v1/confusions": [{ ...answer, name: answer.model }], "/v1/compare": answer.models }[path] ?? [];
  for (const { name, accuracy } of found) if (Number.isFinite(accuracy)) onData.set(name, { accuracy, rows: answer.rows });
  if (found.length > 0) events.dispatchEvent(new Event("known"));
}

/** The line about the chosen model; empty where nothing is known. */
export function accuracyLine() {
  const { name, record } = store.models.find((model) => model.name === store.model) ?? {};
  const held = record?.scores?.validation;
  const known = onData.get(name);
  if (known)
    return t("page.right_on_data", { model: name, share: percent(known.accuracy), rows: number(known.rows) });
  if (!Number.isFinite(held?.accuracy) || !Number.isInteger(held.rows)) return "";
  return t("page.right_on_held", { model: name, share: percent(held.accuracy), rows: number(held.rows) });
}

/** Calls when more is known. */
export function onAccuracy(listener) {
  events.addEventListener("known", listener);
}
