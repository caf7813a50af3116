// The page: one text, the labels that the model gives it.

import { answerCard, given, names } from "./answer.js";
import { Asking } from "./asking.js";
import { Batch } from "./batch.js";
import { el, fill, say } from "./dom.js";
import { LANGUAGES, currentLanguage, percent, size, speak, t } from "./words.js";

// Milliseconds after a key in which another one may come, and after an answer before it is said aloud.
const SETTLED = 60;
const SAID = 900;

const main = document.querySelector("main");
const about = await fetch("page.json").then((answer) => answer.json());
const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });

// What the page knows, whatever its language.
const state = { text: "", loading: { bytes: 0 }, failed: null, answer: null };
const timers = {};

const asking = new Asking(worker, (answer) => {
  state.answer = answer;
  showAnswer();
  later("say", SAID, () => state.answer === answer && answer.kind === "answer" && say(spoken(answer)));
});

const batch = new Batch(worker, about);

worker.addEventListener("error", (event) => fail(event.message || "worker.js"));
worker.addEventListener("message", ({ data }) => {
  if (batch.take(data)) return;
  if (data.kind === "answer" || data.kind === "no-answer") asking.take(data);
  else if (data.kind === "ready") state.loading = null;
  else if (data.kind === "failed") fail(data.message);
  else state.loading = data;
  if (data.kind === "ready") batch.enable();
  if (data.kind === "ready" && state.text) asking.ask(state.text);
  if (!["answer", "no-answer"].includes(data.kind)) showAnswer();
});

function fail(message) {
  state.failed = message;
  showAnswer();
  say(t("failed"));
}

function later(name, milliseconds, call) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(call, milliseconds);
}

function typed(text) {
  state.text = text;
  clearTimeout(timers.ask);
  clearTimeout(timers.say);
  // What is being computed for an earlier text is out of date from now on.
  asking.forget();
  if (text === "") {
    state.answer = null;
    showAnswer();
    return;
  }
  answerNode.setAttribute("aria-busy", "true");
  if (state.loading === null) later("ask", SETTLED, () => asking.ask(text));
}

function spoken({ probabilities }) {
  const places = given(probabilities, about.thresholds);
  return places.length > 0
    ? places.map((place) => `${about.labels[place]} ${percent(probabilities[place])}`).join(", ")
    : names(about.labels, places);
}

let answerNode = null;
let footNode = null;

function showPage() {
  document.documentElement.lang = currentLanguage();
  document.title = `${about.name} – Recurra`;
  answerNode = el("section", { class: "card answer", "aria-label": t("answer") });
  footNode = el("span", { class: "figure", id: "read" });
  const field = el("textarea", {
    id: "text",
    rows: 4,
    spellcheck: "false",
    autocomplete: "off",
    "aria-describedby": "read",
    on: { input: ({ target }) => typed(target.value) },
  });
  field.value = state.text;
  fill(
    main,
    el(
      "header",
      { class: "head" },
      el("h1", { text: about.name }),
      el("p", { class: "lead", text: t("lead") }),
      el("p", { class: "soft", text: facts() }),
    ),
    el(
      "div",
      { class: "text" },
      el("label", { for: "text", text: t(about.reads_title ? "title" : "text") }),
      field,
      el(
        "div",
        { class: "text-foot" },
        footNode,
        el("button", {
          type: "button",
          text: t("clear"),
          on: {
            click: () => {
              field.value = "";
              field.focus();
              typed("");
            },
          },
        }),
      ),
    ),
    answerNode,
    batch.view(),
    footer(),
  );
  showAnswer();
}

/** What the model is, in one line. */
function facts() {
  const { cell, layers, units, bidirectional, branch } = about.network;
  const parts = [
    t("cell", { cell, count: units }),
    layers > 1 && t("layers", { count: layers }),
    bidirectional && t("bidirectional"),
    branch && t("branch"),
    t("labels", { count: about.labels.length }),
    size(about.bytes),
  ];
  return parts.filter(Boolean).join(t("comma"));
}

function footer() {
  const languages = el("select", {
    "aria-label": t("language"),
    on: {
      change: ({ target }) => {
        speak(target.value);
        showPage();
        document.querySelector(".foot select").focus();
      },
    },
  });
  for (const [name, title] of Object.entries(LANGUAGES)) languages.append(new Option(title, name));
  languages.value = currentLanguage();
  const made = t("madeWith", { version: about.version, runtime: about.runtime });
  const licences = ["licence", "notices"].filter((name) => about[name]);
  return el(
    "footer",
    { class: "foot" },
    el("span", {}, made, licences.map((name) => [" · ", el("a", { href: about[name], text: t(name) })])),
    languages,
  );
}

function showAnswer() {
  const { answer } = state;
  answerNode.removeAttribute("aria-busy");
  answerNode.hidden = false;
  footNode.textContent = answer?.kind === "answer" ? readText(answer) : "";
  if (state.failed !== null) fill(answerNode, ...failure(t("failed"), state.failed, t("failedHint")));
  else if (state.loading !== null) fill(answerNode, ...progress());
  else if (answer === null) fill(answerNode, el("p", { class: "soft", text: t("hint") }));
  else if (answer.kind === "no-answer") fill(answerNode, ...failure(t("noAnswer"), answer.message));
  else fill(answerNode, ...answerCard(about.labels, answer.probabilities, about.thresholds));
}

function readText({ tokens, unknown }) {
  const parts = [t("read", { count: tokens }), t("unknown", { count: unknown })];
  if (tokens === about.max_tokens) parts.push(t("limit", { count: tokens }));
  return parts.join(" · ");
}

function progress() {
  const { kind, bytes } = state.loading;
  const words =
    kind === "starting" ? t("starting") : t("loading", { loaded: size(bytes), total: size(about.load_bytes) });
  return [
    el("p", { class: "figure", text: words }),
    el("progress", { max: about.load_bytes, value: Math.min(bytes ?? about.load_bytes, about.load_bytes), "aria-label": words }),
  ];
}

function failure(heading, ...lines) {
  return [el("h2", { text: heading }), lines.map((line) => el("p", { text: line }))];
}

showPage();
