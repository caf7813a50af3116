// The Markdown of model cards as elements: headings, paragraphs, lists, tables and code. Text becomes text nodes.

import { el } from "../dom.js";
import { currentLanguage, t } from "../i18n.js";

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

/**
 * A block as an element.
 * @param {string[]} block its lines.
 * @param {function(string): string} say gives a text in the reader's language, or as it is where it is not known.
 * @param {string} caption names a table.
 * @param {boolean} names whether the first cells of a table, or the points of a list, are names that nobody translates.
 */
export function elementOf(block, say, caption, names = false) {
  if (block[0].startsWith("```"))
    return el("pre", { class: "command", tabindex: 0 }, el("code", { text: block.slice(1, -1).join("\n") }));
  if (block[0].startsWith("- "))
    return el(
      "ul",
      { class: "md-list" },
      block.map((line) => said("li", line.slice(2), names ? null : say)),
    );
  if (block[0].startsWith("| ")) return tableOf(block, say, caption, names);
  return said("p", block.join(" "), say);
}

/** An element with a text that is said in the reader's language, or in English and says so; without `say` as it is. */
function said(tag, markdown, say, properties = {}) {
  const text = plainButCode(markdown);
  const ours = say ? say(text) : text;
  const english = say && ours === text && currentLanguage() !== "en" && /[A-Za-z]{2}/.test(text.replace(/`[^`]*`/g, ""));
  return el(tag, { dir: "auto", ...properties, lang: english && "en" }, inline(ours));
}

function tableOf([head, rule, ...rows], say, caption, named) {
  const right = cellsOf(rule).map((cell) => cell.endsWith(":"));
  const names = cellsOf(head).map((cell) => say(plain(cell)));
  const cells = (line, first) =>
    cellsOf(line).map((cell, place) =>
      said(place === 0 ? "th" : "td", cell, (place === 0 && !named) || first ? say : null, {
        scope: place === 0 && "row",
        class: right[place] && "figure",
        dir: right[place] ? null : "auto",
      }),
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
