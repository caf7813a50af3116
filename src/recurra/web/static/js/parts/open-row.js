// A row of the file, opened in Reading with one click.

import { ApiError, get } from "../api.js";
import { el, say } from "../dom.js";
import { serviceLine, t } from "../i18n.js";
import { addressOf } from "../router.js";
import { store } from "../store.js";

/** Reads a text, as a new entry of the browser's history. */
export function openInReading(text) {
  const address = addressOf("reading", { model: store.model, text });
  if (address === location.hash) return;
  // A text too long for the address would be lost there.
  store.pending = text;
  location.hash = address;
}

/**
 * A button that reads a row.
 * @param {number} number of the row, as messages about the file have it; the text is asked for when it is clicked, as
 *   what views show of it may be cut.
 */
export function readButton(number, { model = store.model, tabindex = null } = {}) {
  const button = el("button", {
    type: "button",
    class: "quiet read-row",
    tabindex,
    text: t("page.read_row"),
    "aria-label": t("page.read_row_named", { row: String(number) }),
    on: {
      click: async (event) => {
        event.stopPropagation();
        try {
          openInReading((await get("/v1/row", { query: { number, model } })).text);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          button.title = serviceLine(error.message);
          say(button.title);
        }
      },
    },
  });
  return button;
}
