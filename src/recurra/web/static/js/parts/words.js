// A text's words, tinted by what each did. Arrow keys walk from word to word; each says its numbers.

import { el } from "../dom.js";
import { t } from "../i18n.js";
import { labelMark } from "./label-name.js";
import { largest as largestPlaces, look, seriesStyle } from "./labels.js";
import { tintScale } from "./tint-scale.js";

// A text of more words flows as text does, without a number under each word.
const LONG = 150;
const STRONGEST = 10;

/** Whether a text flows. */
export function isLong(tokens) {
  return tokens.length > LONG;
}

/**
 * A line of words.
 * @param {Array<{text: string, known?: boolean}>} tokens
 * @param {Array<{place: number, value: number, said?: string}>} tints for each word: the class whose colour it takes,
 *   how strongly, and what is said of it. The value stands under the word.
 * @param {object} options `label` (of the list), `chosen` (called with the word's place when it is pointed at or
 *   reached, and whether it was reached), `digits` under each word at least (null: no numbers), `signs`: whether a value
 *   below zero speaks against the class, which is hatched, or just has no tint; `largest` where several lines share a scale.
 * @returns {{node: Element, mark: function(number|null): void, strongest: Element|null}} `strongest` leads from the
 *   words with the largest values to their places in a long text; null for a short one.
 */
export function wordLine(tokens, tints, { label, chosen = () => {}, digits = 1, signs = true, largest } = {}) {
  const long = isLong(tokens);
  const scale = tintScale(tints, { digits: digits ?? 1, largest });
  // A mark tells classes apart; where there is one class only, it would be noise.
  const several = new Set(tints.map(({ place }) => place)).size > 1;
  const words = tokens.map((token, place) => {
    const tint = tints[place];
    const shown = scale.shown(tint);
    const share = shown < 0 && !signs ? 0 : scale.share(tint);
    const unknown = token.known === false;
    const figure = digits === null || long ? null : scale.figure(tint);
    const said = [token.text, tint.said ?? scale.figure(tint), unknown && t("words.unknown")]
      .filter(Boolean)
      .join(", ");
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: `word${signs && shown < 0 ? " against" : ""}${unknown ? " unknown" : ""}`,
          tabindex: place === 0 ? 0 : -1,
          "aria-label": said,
          style: { ...seriesStyle(tint.place), "--share": share.toFixed(3) },
          data: { place },
        },
        el("bdi", { class: "word-text", text: token.text }),
        figure !== null &&
          el(
            "span",
            { class: "word-figure" },
            several && shown !== 0 ? `${look(tint.place).mark} ` : "",
            figure,
          ),
      ),
    );
  });
  const buttons = words.map((word) => word.firstElementChild);

  function reach(place) {
    for (const button of buttons) button.tabIndex = -1;
    buttons[place].tabIndex = 0;
    mark(place);
    chosen(place, true);
  }
  function mark(place) {
    for (const [number, button] of buttons.entries()) button.classList.toggle("marked", number === place);
  }
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const node = el(
    "ol",
    {
      class: `words${long ? " flowing" : ""}`,
      "aria-label": label,
      on: {
        focusin: (event) => reach(Number(event.target.closest("button").dataset.place)),
        pointerover: (event) => {
          const button = event.target.closest("button");
          if (button) {
            mark(Number(button.dataset.place));
            chosen(Number(button.dataset.place), false);
          }
        },
        keydown: (event) => {
          const here = buttons.indexOf(document.activeElement);
          const there =
            event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : here + (steps[event.key] ?? NaN);
          if (here < 0 || !buttons[there]) return;
          event.preventDefault();
          buttons[there].focus();
        },
      },
    },
    words,
  );
  return { node, mark, strongest: long ? strongestOf(tokens, tints, buttons, scale) : null };
}

/** The words with the largest values, strongest first; each leads to its place. */
function strongestOf(tokens, tints, buttons, scale) {
  const places = largestPlaces(
    tints.map(({ value }) => Math.abs(value)),
    STRONGEST,
  );
  return el(
    "div",
    { class: "strongest" },
    el("h3", { text: t("words.strongest") }),
    el(
      "ol",
      {},
      places.map((place) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "chip",
              on: {
                click: () => {
                  buttons[place].scrollIntoView({ block: "center" });
                  buttons[place].focus({ preventScroll: true });
                },
              },
            },
            labelMark(tints[place].place),
            el("bdi", { text: tokens[place].text }),
            " ",
            el("span", { class: "figure soft", text: scale.figure(tints[place]) }),
          ),
        ),
      ),
    ),
  );
}
