// Where the text is typed that the views of one text read.

import { ApiError } from "../api.js";
import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { onChange, setText, store } from "../store.js";
import { examplesOf } from "./examples.js";

// Characters of an example that its button shows.
const SHOWN = 26;

/** The field with its examples. Typing changes the shared text at once; who reads it waits a little. */
export function textPanel(signal) {
  const field = el("textarea", {
    id: "text",
    rows: 2,
    dir: "auto",
    spellcheck: "false",
    placeholder: t("text.placeholder"),
    on: { input: () => setText(field.value) },
    signal,
  });
  field.value = store.text;
  onChange(
    ["text"],
    () => {
      if (field.value !== store.text) field.value = store.text;
    },
    signal,
  );
  const foot = el("div", { class: "text-foot" });

  async function drawExamples() {
    const { model } = store;
    foot.setAttribute("aria-busy", "true");
    let examples = [];
    try {
      examples = await examplesOf(model, signal);
    } catch (error) {
      // Without examples the page works; whatever is wrong with the service, the answer to the text will say.
      if (!(error instanceof ApiError)) throw error;
    }
    if (signal.aborted || model !== store.model) return;
    foot.removeAttribute("aria-busy");
    fill(foot, groupsOf(examples, signal));
    if (store.fresh) setText(examples[0]?.text ?? "", { fresh: true });
  }

  onChange(["model"], () => drawExamples().catch(ended), signal);
  drawExamples().catch(ended);
  return el(
    "form",
    { class: "text-panel", on: { submit: (event) => event.preventDefault() }, signal },
    el("label", { for: "text", text: t("text.label") }),
    field,
    foot,
  );
}

function ended(error) {
  if (error.name !== "AbortError") throw error;
}

/** The examples by kind: those that the model answers rightly, wrongly and with doubt. */
function groupsOf(examples, signal) {
  return [...new Set(examples.map(({ kind }) => kind))].map((kind) =>
    el(
      "div",
      { class: "example-group" },
      el("span", { class: "soft", text: t(kind === null ? "text.examples" : `text.kinds.${kind}`) }),
      el(
        "ul",
        { class: "examples" },
        examples
          .filter((example) => example.kind === kind)
          .map(({ text }) =>
            el(
              "li",
              {},
              el("button", {
                type: "button",
                class: "chip",
                title: text,
                text: text.length > SHOWN ? `${text.slice(0, SHOWN).trimEnd()} …` : text,
                on: { click: () => setText(text) },
                signal,
              }),
            ),
          ),
      ),
    ),
  );
}
