// What the views share: the models, the chosen one, and the text that is being read.

import { get } from "./api.js";
import { recall, remember } from "./storage.js";

const events = new EventTarget();

/** Texts to begin with, written for this page; one for each section of a newspaper. */
export const EXAMPLES = [
  "Oil prices rise again as exporters agree to pump less crude through the winter",
  "The home team wins a late match after extra time and goes through to the final",
  "Ministers meet in Geneva to talk about a cease-fire and aid for the border towns",
  "New chip lets phones translate speech without the internet, its makers say",
];

export const store = {
  models: [],
  model: null,
  text: recall("text", EXAMPLES[0], "sessionStorage"),
};

/** Asks the service which models it has; keeps the model chosen before, if it is still there. */
export async function loadModels(signal) {
  store.models = (await get("/v1/models", { signal })).models;
  const names = store.models.map((model) => model.name);
  const wanted = recall("model", null, "sessionStorage");
  store.model = names.includes(wanted) ? wanted : (names[0] ?? null);
}

export function setText(text) {
  if (text === store.text) return;
  store.text = text;
  remember("text", text, "sessionStorage");
  events.dispatchEvent(new Event("text"));
}

export function setModel(name) {
  if (name === store.model) return;
  store.model = name;
  remember("model", name, "sessionStorage");
  events.dispatchEvent(new Event("model"));
}

/** Calls when one of these changes ("text", "model"), until the signal ends it. */
export function onChange(names, listener, signal) {
  for (const name of names) events.addEventListener(name, listener, { signal });
}
