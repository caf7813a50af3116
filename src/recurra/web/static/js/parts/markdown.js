// The Markdown of model cards as elements: headings, paragraphs, lists, tables and code. Text becomes text nodes.

import { el } from "../dom.js";
import { t } from "../i18n.js";

/** The sections of a card without its YAML head: `{title, blocks}`, the first with the card's own title. */
export function sectionsOf(markdown) {
  const lines = markdown.split("\n");
  const end = lines[0] === "---" ? lines.indexOf("---", 1) + 1 : 0;
  const sections = [];
  for (const block of blocksOf(lines.slice(end))) {
    const heading = /^#{1,2} (.*)$/.exec(block[0]);
    if (heading) sections.push({ title: plain(heading[1]), blocks: [] });
    else sections.at(-1)?.blocks.push(block);
  }
  return sections;
}

/** Lines in blocks between empty lines; code keeps its own. */
function blocksOf(lines) {
  const blocks = [];
  let block = [];
  let code = false;
  for (const line of lines) {
    if (line.startsWith("```")) code = !code;
    if (line.trim() === "" && !code) {
      if (block.length) blocks.push(block);
      block = [];
    } else {
      block.push(line);
    }
  }
  return block.length ? [...blocks, block] : blocks;
}

/** A block as an element; `say` gives a text in the reader's language, `caption` names a table. */
export function elementOf(block, say = (text) => text, caption = "") {
  if (block[0].startsWith("```"))
    return el("pre", { class: "command", tabindex: 0 }, el("code", { text: block.slice(1, -1).join("\n") }));
  if (block[0].startsWith("- "))
    return el(
      "ul",
      { class: "md-list" },
      block.map((line) => el("li", { dir: "auto" }, inline(say(plainButCode(line.slice(2)))))),
    );
  if (block[0].startsWith("| ")) return tableOf(block, say, caption);
  return el("p", { dir: "auto" }, inline(say(plainButCode(block.join(" ")))));
}

function tableOf([head, rule, ...rows], say, caption) {
  const right = cellsOf(rule).map((cell) => cell.endsWith(":"));
  const names = cellsOf(head).map((cell) => say(plain(cell)));
  const cells = (line, first) =>
    cellsOf(line).map((cell, place) =>
      el(
        place === 0 ? "th" : "td",
        { scope: place === 0 && "row", class: right[place] && "figure", dir: right[place] ? null : "auto" },
        inline(place === 0 || first ? say(plainButCode(cell)) : plainButCode(cell)),
      ),
    );
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": t("table.of", { caption }) },
    el(
      "table",
      {},
      names.some(Boolean) &&
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            names.map((name, place) =>
              name
                ? el("th", { scope: "col", class: right[place] && "figure", text: name })
                : el("td", { class: "figure" }),
            ),
          ),
        ),
      el(
        "tbody",
        {},
        rows.map((line) => el("tr", {}, cells(line, !names.some(Boolean)))),
      ),
    ),
  );
}

/** The cells of a line; a pipe of a text has a backslash before it. */
function cellsOf(line) {
  return line
    .replace(/^\|\s?|\s?\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** A text without the backslashes of Markdown. */
function plain(text) {
  return text.replace(/\\([\\`*_[\]<>|#~$!])/g, "$1").replaceAll("&amp;", "&");
}

/** The same outside of `code`, whose text is its own. */
function plainButCode(text) {
  return text
    .split(/((?<!\\)`[^`]*`)/)
    .map((part, place) => (place % 2 ? part : plain(part)))
    .join("");
}

function inline(text) {
  return text.split(/`([^`]*)`/).map((part, place) => (place % 2 ? el("code", { text: part }) : part));
}
