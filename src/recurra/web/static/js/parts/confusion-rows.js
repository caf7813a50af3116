// The rows behind a number of the confusions, and the field that finds one class of many.

import { el, fill, newId } from "../dom.js";
import { percent, t } from "../i18n.js";
import { readButton } from "./open-row.js";

/**
 * A place for the rows of one number at a time.
 * @param {Element} numbers whose buttons have `data-cell`; the one that is open is pressed.
 * @returns {{node: Element, open: function(string, object): void}} `open` is given the button's `data-cell`, and
 *   `title`, `kept` (the rows), `count` (of all such rows), `right` (whether they are answered rightly).
 */
export function rowsPanel(numbers) {
  const node = el("div", { class: "confusion-rows", tabindex: -1 });
  return {
    node,
    open(name, { title, kept, count, right }) {
      fill(node, rowList(title, kept, count, right));
      for (const one of numbers.querySelectorAll("[aria-pressed]"))
        one.setAttribute("aria-pressed", String(one.dataset.cell === name));
      node.focus({ preventScroll: true });
      node.scrollIntoView({ block: "nearest" });
    },
  };
}

function rowList(title, kept, count, right) {
  const part = kept.length < count ? t(right ? "model.least_sure" : "model.surest", { shown: kept.length, count }) : "";
  return [
    el("h3", { text: title }),
    el("p", { class: "soft", text: [t("model.cell_rows", { count }), part].filter(Boolean).join(" ") }),
    el(
      "ul",
      { class: "confusion-list" },
      kept.map(({ number: row, text, probability }) =>
        el(
          "li",
          {},
          readButton(row),
          el("span", { class: "figure soft", text: percent(probability) }),
          el("span", { dir: "auto", text }),
        ),
      ),
    ),
  ];
}

/** A field that finds one class of many; `chosen` is given its place, or null where the field is empty again. */
export function classField(names, chosen) {
  const list = newId("found");
  const find = () => {
    const text = field.value.trim().toLowerCase();
    const exact = names.findIndex((name) => name.toLowerCase() === text);
    const like = names.flatMap((name, place) => (name.toLowerCase().includes(text) ? [place] : []));
    if (text === "") chosen(null);
    else if (exact >= 0 || like.length === 1) chosen(exact >= 0 ? exact : like[0]);
  };
  const field = el("input", {
    type: "search",
    class: "finder",
    list,
    placeholder: t("classes.find"),
    "aria-label": t("classes.find"),
    on: { input: find },
  });
  return [field, el("datalist", { id: list }, names.map((value) => el("option", { value })))];
}
