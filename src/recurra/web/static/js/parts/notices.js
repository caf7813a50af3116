// What stands where there is nothing to show yet: waiting, empty, and failed, each with what to do.

import { ApiError } from "../api.js";
import { el } from "../dom.js";
import { knows, serviceLine, t } from "../i18n.js";
import { store } from "../store.js";

/** Something is being fetched or computed. */
export function loadingPanel(words) {
  return el(
    "div",
    { class: "notice waiting", role: "status" },
    el("span", { class: "pulse", "aria-hidden": "true" }),
    el("p", { text: words }),
  );
}

/** Nothing is there, which is no mistake. `command` is what to run to change it. */
export function emptyPanel(title, words, command = null) {
  return el(
    "div",
    { class: "notice empty" },
    el("h2", { text: title }),
    el("p", { text: words }),
    command && el("pre", { class: "command", tabindex: 0 }, el("code", { text: command })),
  );
}

/** A request failed: what the service said, and a button to try again. */
export function errorPanel(error, { retry = null } = {}) {
  const ours = error instanceof ApiError;
  if (!ours) console.error(error);
  const line = ours && error.message ? serviceLine(error.message) : ours ? t("errors.no_answer") : t("errors.page");
  const key = ours ? `errors.status_${error.status}` : "errors.page_title";
  return el(
    "div",
    { class: "notice failed", role: "alert" },
    el("h2", { text: knows(key) ? t(key) : t("errors.title") }),
    el("p", { text: line, dir: "auto" }),
    retry && el("button", { type: "button", text: t("errors.retry"), on: { click: retry } }),
  );
}

/**
 * The service has not got what a view needs. Most often it was started without the data or the folder, and the panel
 * says what to run; else its own line says what is wrong, such as a label that the model does not know.
 * @param {ApiError} error with status 404.
 * @param {"data" | "runs"} what the option that gives it.
 */
export function needs(error, what) {
  if (!error.message.includes(`--${what}`)) return errorPanel(error);
  const models = store.models.map(({ name }) => `${name}.safetensors`).join(" ") || "MODEL";
  const given = { data: "test.csv", runs: "runs" }[what];
  return emptyPanel(t(`needs.${what}`), serviceLine(error.message), `recurra serve ${models} --${what} ${given}`);
}
