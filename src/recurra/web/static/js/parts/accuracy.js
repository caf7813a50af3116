// How good a model is, in one line: on the rows of the service where that is known, else on those held out of its training.

import { ApiError, get } from "../api.js";
import { percent, number, t } from "../i18n.js";
import { store } from "../store.js";

// What a note says of a model that knows the rows; among several models it follows the model's name and a colon.
export const LEARNED =
  /(?:^|: )(?:These are the rows|By these rows|These rows are known|The model learned from these rows)/;

const onData = new Map();
let file = null;
const events = new EventTarget();

/** Keeps what a view of the whole file said, where that is how many rows a model answers rightly. */
export async function noteAccuracy(path, answer) {
  const found = { "/v1/confusions": [{ ...answer, name: answer.model }], "/v1/compare": answer.models }[path] ?? [];
  if (found.length === 0) return;
  const notes = (answer.notes ?? []).filter((note) => LEARNED.test(note));
  for (const { name, accuracy } of found) {
    const learned = notes.some((note) => path === "/v1/confusions" || note.startsWith(`${name}: `));
    if (Number.isFinite(accuracy)) onData.set(name, { accuracy, rows: answer.rows, learned });
  }
  try {
    file ??= (await get("/v1/decisions")).data ?? null;
  } catch (error) {
    // Without the file's name the line is about the rows held out.
    if (!(error instanceof ApiError)) throw error;
  }
  events.dispatchEvent(new Event("known"));
}

/** Whether another model, which has not learned from the rows, is known to answer more of them rightly. */
export function isBeaten(name, accuracy) {
  const own = onData.get(name)?.accuracy ?? accuracy;
  return [...onData].some(([other, known]) => other !== name && !known.learned && known.accuracy > own);
}

/** The line about the chosen model; empty where nothing is known. */
export function accuracyLine() {
  const { name, record } = store.models.find((model) => model.name === store.model) ?? {};
  const held = record?.scores?.validation;
  const known = onData.get(name);
  if (known && file !== null)
    return t("page.right_on_data", { model: name, share: percent(known.accuracy), rows: number(known.rows), file });
  if (!Number.isFinite(held?.accuracy) || !Number.isInteger(held.rows)) return "";
  return t("page.right_on_held", { model: name, share: percent(held.accuracy), rows: number(held.rows) });
}

/** Calls when more is known. */
export function onAccuracy(listener) {
  events.addEventListener("known", listener);
}
