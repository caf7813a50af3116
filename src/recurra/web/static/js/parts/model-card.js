// The model's card: what its file says of it, section by section.

import { el } from "../dom.js";
import { cardLine, t } from "../i18n.js";
import { card } from "./card.js";
import { fileName, textButton } from "./download.js";
import { elementOf, sectionsOf } from "./markdown.js";

// What is looked up and not read is folded away.
const FOLDED = ["Settings", "How to load it", "Examples", "What this card cannot know"];
// A table with more rows is folded, too.
const LONG = 14;

/** @param {string} markdown of the card, as `recurra push` writes it. */
export function modelCard(name, markdown) {
  const [first, ...sections] = sectionsOf(markdown);
  return card(t("model.card"), {
    note: t("model.card_note"),
    body: [
      el("p", {}, el("strong", { text: cardLine(first.title) })),
      first.blocks.map((block) => elementOf(block, cardLine, t("model.card"))),
      el(
        "div",
        { class: "card-sections" },
        sections.map(({ title, blocks }) => {
          const said = cardLine(title);
          const body = blocks.map((block) => elementOf(block, cardLine, said, title === "Classes"));
          const long = blocks.some((block) => block.length > LONG);
          return FOLDED.includes(title) || long
            ? el("details", { class: "as-table" }, el("summary", { text: said }), body)
            : el("section", {}, el("h3", { text: said }), body);
        }),
      ),
    ],
    downloads: [textButton("Markdown", `${fileName("card", name)}.md`, () => markdown, "text/markdown")],
  });
}
