// A card: a heading, what it shows, the same as a table, and buttons to keep it.

import { el, newId } from "../dom.js";
import { t } from "../i18n.js";

/**
 * @param {string} title
 * @param {object} parts `note` (a sentence under the title), `help` (the name of the words that say how to read the
 *   picture), `tools` (controls beside it), `body` (elements), `table` (from foldedTable), `downloads` (buttons).
 */
export function card(title, { note = null, help = null, tools = null, body = [], table = null, downloads = [] } = {}) {
  const id = newId("card");
  return el(
    "section",
    { class: "card", "aria-labelledby": id },
    el("header", { class: "card-head" }, el("h2", { id, text: title }), tools && el("div", { class: "tools" }, tools)),
    note && el("p", { class: "note", text: note }),
    help && howToRead(help),
    body,
    (table || downloads.length > 0) &&
      el("footer", { class: "card-foot" }, table, el("div", { class: "downloads" }, downloads)),
  );
}

/** Two sentences on how a picture is read, folded away. */
function howToRead(name) {
  return el(
    "details",
    { class: "how" },
    el("summary", { text: t("help.title") }),
    el("p", { class: "note", text: t(`help.${name}`) }),
  );
}

/**
 * Buttons of which one is chosen, as radio buttons.
 * @param {string} legend
 * @param {Array<[string, string]>} options values with their names.
 */
export function choice(legend, options, chosen, change) {
  const name = newId("choice");
  return el(
    "fieldset",
    { class: "segments" },
    el("legend", { class: "unseen", text: legend }),
    options.map(([value, words]) => {
      const input = el("input", {
        type: "radio",
        name,
        value,
        checked: value === chosen,
        on: { change: () => change(value) },
      });
      return el("label", { class: "segment" }, input, el("span", { text: words }));
    }),
  );
}

/** A labelled list to choose from. */
export function picker(label, options, chosen, change) {
  const control = el(
    "select",
    { on: { change: () => change(control.value) } },
    options.map(([value, name]) => el("option", { value, text: name, selected: String(value) === String(chosen) })),
  );
  return el("label", { class: "choice" }, el("span", { class: "choice-name", text: label }), control);
}
