// Where the text is typed that the views of one text read.

import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { EXAMPLES, onChange, setText, store } from "../store.js";

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
  const examples = el("ul", { class: "examples" });
  fill(
    examples,
    EXAMPLES.map((example) =>
      el(
        "li",
        {},
        el("button", {
          type: "button",
          class: "chip",
          title: example,
          text: `${example.split(" ").slice(0, 3).join(" ")} …`,
          on: { click: () => setText(example) },
          signal,
        }),
      ),
    ),
  );
  return el(
    "form",
    { class: "text-panel", on: { submit: (event) => event.preventDefault() }, signal },
    el("label", { for: "text", text: t("text.label") }),
    field,
    el("div", { class: "text-foot" }, el("span", { class: "soft", text: t("text.examples") }), examples),
  );
}
