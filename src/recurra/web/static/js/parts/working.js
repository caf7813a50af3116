// Work that takes a while: for how long it has gone on, and a button that gives it up.

import { el, fill } from "../dom.js";
import { number, t } from "../i18n.js";

/** What is answered sooner needs no word, where something stands there already; in milliseconds. */
export const SOON = 800;

/**
 * A line that says what goes on and for how long.
 * @param {string} words
 * @param {function(): void} cancel is called by the button.
 * @param {number} after how many milliseconds it appears.
 * @returns {{node: Element, say: function(string): void, end: function(): void}}
 */
export function working(words, cancel, after = 0) {
  const said = el("p", { text: words });
  const seconds = el("span", { class: "figure soft", "aria-hidden": "true" });
  const node = el(
    "div",
    { class: "notice waiting", role: "status", hidden: after > 0 },
    el("span", { class: "pulse", "aria-hidden": "true" }),
    said,
    seconds,
    el("button", { type: "button", text: t("page.cancel"), on: { click: cancel } }),
  );
  const since = performance.now();
  const shown = setTimeout(() => {
    node.hidden = false;
  }, after);
  const counting = setInterval(() => {
    const passed = (performance.now() - since) / 1000;
    if (passed >= 2) seconds.textContent = t("page.computing_for", { seconds: number(passed, { digits: 0 }) });
  }, 500);
  return {
    node,
    say: (now) => {
      if (said.textContent !== now) said.textContent = now;
    },
    end() {
      clearTimeout(shown);
      clearInterval(counting);
      node.remove();
    },
  };
}

/** What stands there when work was given up: that it was, and a button to begin again. */
export function cancelledPanel(node, again) {
  fill(
    node,
    el(
      "div",
      { class: "notice empty" },
      el("h2", { text: t("page.cancelled") }),
      el("button", { type: "button", text: t("page.again"), on: { click: again } }),
    ),
  );
  node.querySelector("button").focus();
}
