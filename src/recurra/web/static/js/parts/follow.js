// Asks again whenever the shared text or model changes, a little after the last key; late answers are dropped.

import { ApiError, post, postLines } from "../api.js";
import { fill } from "../dom.js";
import { t } from "../i18n.js";
import { onChange, store } from "../store.js";
import { errorPanel } from "./notices.js";
import { SOON, cancelledPanel, working } from "./working.js";

// Long enough that fast typing asks once, short enough not to be felt.
const DEBOUNCE = 30;

const kept = new Map();

/**
 * Keeps an element in step with the text.
 * @param {Element} node gets what `draw` makes, or says why there is nothing.
 * @param {object} options `path` and `request` (gives the body) of the question, `draw` (fills the element with the
 *   answer), `signal`, and `lines` where the answer gets better line by line.
 * @returns {function(): Promise} asks, for the first time and whenever the request has changed by itself.
 */
export function follow(node, { path, request, draw, signal, lines = false }) {
  let asking = null;
  let timer = null;

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const mine = asking;
    const body = request();
    const key = path + JSON.stringify(body);
    // Old numbers are not to be taken for new ones: what is being replaced is dimmed for those who see it and said.
    node.setAttribute("aria-busy", "true");
    const cancel = () => {
      mine.abort();
      node.setAttribute("aria-busy", "false");
      cancelledPanel(node, ask);
    };
    const progress = working(t("page.reading"), cancel, node.childElementCount > 0 ? SOON : 0);
    for (const one of [signal, mine.signal]) one.addEventListener("abort", progress.end);
    node.before(progress.node);
    try {
      const asked = { signal: AbortSignal.any([signal, mine.signal]), draw };
      const answer = kept.get(key) ?? (await (lines ? postLines : post)(path, body, asked));
      if (signal.aborted || mine.signal.aborted) return;
      if (kept.size >= 20) kept.delete(kept.keys().next().value);
      kept.set(key, answer);
      draw(answer);
    } catch (error) {
      if (signal.aborted || mine.signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) location.reload();
      fill(node, errorPanel(error, { retry: ask }));
    }
    progress.end();
    if (asking === mine) node.setAttribute("aria-busy", "false");
  }

  onChange(
    ["text", "model"],
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!signal.aborted) ask();
      }, DEBOUNCE);
    },
    signal,
  );
  return ask;
}

/** The body of a request to /v1/read for the shared text. */
export function readRequest(more = {}) {
  return { text: store.text, model: store.model, ...more };
}
