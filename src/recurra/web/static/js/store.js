// What the views share: the models, the chosen one, the text that is being read, and what of it is looked at.

import { get } from "./api.js";
import { shownInAddress } from "./router.js";
import { recall, remember } from "./storage.js";

const events = new EventTarget();

export const store = {
  models: [],
  model: null,
  text: recall("text", "", "sessionStorage"),
  // Whether the text is an example that nobody chose; another model then brings one of its own.
  fresh: recall("text", null, "sessionStorage") === null,
  // The class that is looked at, by its name, and the word, by its place; null for none.
  class: null,
  word: null,
  // A text that is about to be opened, in case it is too long for the address.
  pending: null,
};

/** What is shown, as the address holds it. */
export function shown() {
  return { model: store.model, text: store.text, class: store.class, word: store.word };
}

/** Asks the service which models it has; the address or the tab says which was chosen, if it is still there. */
export async function loadModels(signal) {
  store.models = (await get("/v1/models", { signal })).models;
  const names = store.models.map((model) => model.name);
  const wanted = recall("model", null, "sessionStorage");
  store.model = names.includes(wanted) ? wanted : (names[0] ?? null);
  takeFromAddress();
}

/** Takes over what the address says; what it does not say stays. */
export function takeFromAddress() {
  const given = shownInAddress();
  if (store.models.some(({ name }) => name === given.model)) setModel(given.model);
  if (given.text !== undefined) setText(given.text);
  if (given.class !== undefined || given.text !== undefined) look({ class: given.class ?? null });
  if (given.word !== undefined || given.text !== undefined) look({ word: given.word ?? null });
}

/** Another text; `fresh` if nobody chose it. */
export function setText(text, { fresh = false } = {}) {
  store.fresh = fresh;
  if (text === store.text) return;
  store.text = text;
  // What was looked at belongs to the text before.
  store.word = null;
  store.class = null;
  if (!fresh) remember("text", text, "sessionStorage");
  events.dispatchEvent(new Event("text"));
}

export function setModel(name) {
  if (name === store.model) return;
  store.model = name;
  store.class = null;
  remember("model", name, "sessionStorage");
  events.dispatchEvent(new Event("model"));
}

/** Says which class or word is looked at. */
export function look(at) {
  if (Object.entries(at).every(([name, value]) => store[name] === value)) return;
  Object.assign(store, at);
  events.dispatchEvent(new Event("look"));
}

/** Calls when one of these changes ("text", "model", "look"), until the signal ends it. */
export function onChange(names, listener, signal) {
  for (const name of names) events.addEventListener(name, listener, { signal });
}
