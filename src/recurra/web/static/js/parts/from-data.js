// Views of a whole file: computed once by the service, which may take a while or have no data at all.

import { ApiError, computed } from "../api.js";
import { el, fill, say } from "../dom.js";
import { t } from "../i18n.js";
import { onChange, store } from "../store.js";
import { noteAccuracy } from "./accuracy.js";
import { errorPanel, needs } from "./notices.js";
import { cancelledPanel, working } from "./working.js";

/**
 * Fills an element with a view of the data, now and whenever another model is chosen.
 * @param {Element} node
 * @param {object} options `path`; `queries` (gives one for each question); `draw(answers, signal)`, in the order of the
 *   questions; `what` is missing on 404; `signal`. With `some` the answers that there are are drawn, and `draw` is given
 *   the refused questions as well, `{query, error}` each; without, one that is refused stands in place of all.
 */
export function fromData(node, { path, queries = () => [{ model: store.model }], draw, what = "data", some = false, signal }) {
  let asking = null;

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const both = AbortSignal.any([signal, asking.signal]);
    const { signal: own } = asking;
    const progress = working(t("page.asking"), () => {
      asking.abort();
      cancelledPanel(node, ask);
    });
    for (const one of [signal, own]) one.addEventListener("abort", progress.end);
    fill(node, progress.node);
    const waiting = () => progress.say(t("page.computing"));
    try {
      const asked = queries();
      const found = await Promise.allSettled(asked.map((query) => computed(path, { query, signal: both, waiting })));
      if (both.aborted) return;
      progress.end();
      const answers = found.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
      const refused = found
        .map(({ status, reason }, place) => (status === "rejected" ? { query: asked[place], error: reason } : null))
        .filter(Boolean);
      const refusals = refused.every(({ error }) => error instanceof ApiError && error.status === 404);
      if (refused.length > 0 && !(some && answers.length > 0 && refusals)) throw refused[0].error;
      for (const answer of answers) noteAccuracy(path, answer);
      fill(node);
      draw(answers, both, refused);
      say(t("page.ready"));
    } catch (error) {
      if (both.aborted) return;
      progress.end();
      if (error instanceof ApiError && error.status === 401) location.reload();
      fill(
        node,
        error instanceof ApiError && error.status === 404 ? needs(error, what) : errorPanel(error, { retry: ask }),
      );
    }
  }

  onChange(["model"], ask, signal);
  return ask();
}

/** A list of facts: names with their numbers. */
export function facts(pairs) {
  return el(
    "dl",
    { class: "facts" },
    pairs
      .filter(Boolean)
      .map(([name, value]) =>
        el(
          "div",
          {},
          el("dt", { text: name }),
          el("dd", { class: "figure" }, value instanceof Node ? value : String(value)),
        ),
      ),
  );
}
