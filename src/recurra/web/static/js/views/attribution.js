// Attribution: how much of the answer each word accounts for, by two methods side by side.

import { el, fill } from "../dom.js";
import { number, percent, signed, t } from "../i18n.js";
import { barTable } from "../parts/bar-table.js";
import { branchCard } from "../parts/branch.js";
import { card } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { follow, readRequest } from "../parts/follow.js";
import { facts } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { largest, placeOf } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { programPanel } from "../parts/program.js";
import { textPanel } from "../parts/text-panel.js";
import { colourTop } from "../parts/top-classes.js";
import { wordsPicture } from "../parts/words-picture.js";
import { wordLine } from "../parts/words.js";

const METHODS = ["integrated_gradients", "occlusion"];

export function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  const request = () => readRequest({ attribution: true });
  fill(body, textPanel(signal), answer, programPanel({ path: "/v1/read", request, signal }));

  function draw(reading) {
    const found = reading.attribution;
    if (!found || reading.tokens.length === 0) {
      fill(
        answer,
        emptyPanel(
          t(reading.tokens.length ? "attribution.none" : "reading.no_words"),
          t(reading.tokens.length ? "attribution.none_about" : "reading.no_words_about"),
        ),
      );
      return;
    }
    colourTop([reading]);
    const place = placeOf(found.target, reading.labels);
    const methods = METHODS.filter((method) => found[method]);
    fill(
      answer,
      card(t("attribution.explained"), {
        body: facts([
          [t("attribution.target"), labelName(found.target, place)],
          [t("attribution.steps"), number(found.steps)],
          [t("attribution.completeness"), percent(found.completeness_error, 3)],
        ]),
        note: t("attribution.explained_note"),
        downloads: [
          jsonButton(fileName("attribution", reading.model), () => ({
            text: reading.text,
            tokens: reading.tokens,
            attribution: found,
          })),
        ],
      }),
      differing(reading.tokens, found),
      methods.map((method) => {
        const tints = found[method].map((value) => ({ place, value, said: signed(value, 3) }));
        const line = wordLine(reading.tokens, tints, { label: t(`attribution.${method}`), digits: 2 });
        return card(t(`attribution.${method}`), {
          note: t(`attribution.${method}_note`),
          help: "attribution",
          body: [line.strongest, line.node],
          downloads: [
            svgButton(fileName(method, reading.model), () =>
              wordsPicture(reading.tokens, tints, {
                title: `${t(`attribution.${method}`)}: ${found.target}`,
                digits: 2,
              }),
            ),
          ],
        });
      }),
      card(t("attribution.table"), {
        note: t("attribution.table_note"),
        help: "bars",
        body: barTable(
          t("attribution.table"),
          t("reading.word"),
          reading.tokens.map(({ text }) => text),
          methods.flatMap((method) => [
            { name: t(`attribution.${method}`), values: found[method] },
            ...(method === "integrated_gradients" && found.branch
              ? [{ name: t("branch.of_it"), values: found.branch, scale: found[method] }]
              : []),
          ]),
          place,
        ),
      }),
      branchCard(reading),
    );
  }

  return follow(answer, { path: "/v1/read", request, draw, signal, lines: true })();
}

/** A sentence where the two methods name different words as the one that speaks most for the class; else nothing. */
function differing(tokens, found) {
  const named = METHODS.map((method) => {
    const place = largest(found[method] ?? [], 1)[0];
    return found[method]?.[place] > 0 ? tokens[place].text : null;
  });
  if (named.includes(null) || named[0] === named[1]) return null;
  return el("p", { class: "note differing", text: t("attribution.differ", { gradients: named[0], occlusion: named[1] }) });
}
