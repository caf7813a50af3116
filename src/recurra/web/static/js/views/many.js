// Many texts: pasted as lines or out of a file, with the label of each as a table to keep.

import { ApiError, post } from "../api.js";
import { el, fill } from "../dom.js";
import { number, percent, serviceLine, t } from "../i18n.js";
import { card, picker } from "../parts/card.js";
import { fileName, textButton } from "../parts/download.js";
import { labelName } from "../parts/label-name.js";
import { placeOf } from "../parts/labels.js";
import {
  MOST_CHARACTERS,
  MOST_TEXTS,
  columnsOf,
  joined,
  learnedFromTitles,
  linesOf,
  parseTable,
  separatorOf,
  tableText,
} from "../parts/many-texts.js";
import { emptyPanel, errorPanel } from "../parts/notices.js";
import { openInReading } from "../parts/open-row.js";
import { table } from "../parts/table.js";
import { decoded, encodingOf, firstForeign } from "../parts/text-file.js";
import { onChange, store } from "../store.js";

// Texts of a request, and rows that are shown.
const AT_ONCE = 256;
const SHOWN = 100;
// Bytes of a file that are read.
const LARGEST_FILE = 4 * MOST_CHARACTERS;

export async function mount(body, signal) {
  const answer = el("div", { class: "answer" });
  const encodings = el("div", { class: "file-choices" });
  const columns = el("div", { class: "file-choices" });
  const said = el("p", { class: "note", role: "status" });
  const about = el("p", { class: "note file-note", role: "status" });
  const titles = el("p", { class: "note title-note" });
  const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": t("many.progress") });
  const field = el("textarea", {
    id: "many",
    rows: 6,
    dir: "auto",
    spellcheck: "false",
    placeholder: t("many.placeholder"),
    on: { input: forget },
  });
  // A browser's own button speaks the browser's language.
  const file = el("input", {
    type: "file",
    id: "many-file",
    class: "unseen",
    accept: ".csv,.tsv,.txt",
    on: { change: take },
  });
  const chosen = el("bdi", { class: "soft" });
  const start = el("button", { type: "submit", text: t("many.start") });
  // The rows of a file with columns, the first of which is its head; null for lines.
  let rows = null;
  let read = { text: 0, title: null };
  let asking = null;
  signal.addEventListener("abort", () => asking?.abort());

  const modelNow = () => store.models.find(({ name }) => name === store.model);

  /** What a file gave is no longer meant. */
  function forget() {
    rows = null;
    fill(encodings);
    fill(columns);
    about.textContent = "";
    sayTitles();
  }

  async function take() {
    const [given] = file.files;
    if (!given) return;
    chosen.textContent = given.name;
    forget();
    if (given.size > LARGEST_FILE) {
      said.textContent = t("many.large", { size: given.size, limit: LARGEST_FILE });
      return;
    }
    const bytes = new Uint8Array(await given.arrayBuffer());
    const { encoding, others } = encodingOf(bytes);
    if (encoding === null && others.length === 0) {
      said.textContent = t("many.no_text", { file: given.name });
      return;
    }
    if (others.length > 0) {
      const options = [...(encoding === null ? [["", "–"]] : []), ...others.map((name) => [name, name])];
      fill(encodings, picker(t("many.encoding"), options, encoding ?? "", (name) => name && readAs(name)));
    }
    if (encoding !== null) readAs(encoding);
    else {
      about.textContent = t("many.choose_encoding", { file: given.name });
      said.textContent = "";
    }

    function readAs(name) {
      const text = decoded(bytes, name);
      const words = { file: given.name, encoding: name, sample: firstForeign(text) };
      about.textContent = others.length > 0 ? t("many.read_as", words) : "";
      takeText(text, given.name);
    }
  }

  function takeText(text, name) {
    const separator = separatorOf(text, name);
    rows = separator === null ? null : parseTable(text, separator);
    if (rows !== null && rows.length < 2) rows = null;
    field.value = rows === null ? text : "";
    chooseColumns();
    said.textContent = t("many.texts", { count: texts().length });
  }

  /** The columns that the model learned from, and others to choose. */
  function chooseColumns() {
    const model = modelNow();
    if (rows !== null) {
      read = columnsOf(rows, model);
      const names = rows[0].map((name, place) => [String(place), name || String(place + 1)]);
      const titled = learnedFromTitles(model) && [["", "–"], ...names];
      fill(
        columns,
        picker(t("many.column"), names, String(read.text), (place) => {
          read.text = Number(place);
        }),
        titled &&
          picker(t("many.title_column"), titled, String(read.title ?? ""), (place) => {
            read.title = place === "" ? null : Number(place);
            sayTitles();
          }),
      );
    }
    sayTitles();
  }

  /** Says where a model that learned from titles and texts is given texts alone. */
  function sayTitles() {
    const model = modelNow();
    const alone = learnedFromTitles(model) && (rows === null || read.title === null);
    const names = model.record.columns ?? {};
    titles.textContent = alone ? t(names.title ? "many.texts_alone_of" : "many.texts_alone", names) : "";
  }

  function texts() {
    if (rows === null) return linesOf(field.value);
    const model = modelNow();
    return rows.slice(1).map((row) => {
      const text = row[read.text] ?? "";
      return read.title === null ? text : joined(row[read.title] ?? "", text, model);
    });
  }

  async function classify(event) {
    event.preventDefault();
    const given = texts();
    const characters = given.reduce((sum, text) => sum + text.length, 0);
    asking?.abort();
    if (given.length === 0 || given.length > MOST_TEXTS || characters > MOST_CHARACTERS) {
      const limits = { count: given.length, limit: MOST_TEXTS, characters, most: MOST_CHARACTERS };
      said.textContent = given.length === 0 ? t("many.nothing") : t("many.too_many", limits);
      return;
    }
    asking = new AbortController();
    const mine = AbortSignal.any([signal, asking.signal]);
    const { model } = store;
    const results = [];
    bar.hidden = false;
    answer.setAttribute("aria-busy", "true");
    try {
      for (let first = 0; first < given.length; first += AT_ONCE) {
        bar.value = first / given.length;
        const some = given.slice(first, first + AT_ONCE);
        results.push(...(await post("/v1/classify", { texts: some, model }, { signal: mine })).results);
      }
      draw(given, results, model);
      said.textContent = t("many.texts", { count: given.length });
    } catch (error) {
      if (mine.aborted) return;
      fill(answer, errorPanel(error));
      said.textContent = error instanceof ApiError ? serviceLine(error.message) : "";
    }
    bar.hidden = true;
    answer.setAttribute("aria-busy", "false");
  }

  function draw(given, results, model) {
    const classes = store.models.find(({ name }) => name === model)?.classes.map(String) ?? [];
    const labelsOf = ({ label, labels }) => labels ?? (label === null || label === undefined ? [] : [label]);
    const surest = ({ probabilities }) => Math.max(...Object.values(probabilities));
    const counts = classes.map((label) => results.filter((one) => labelsOf(one).map(String).includes(label)).length);
    const csv = () =>
      tableText([
        ["text", "label", "probability", ...classes.map((label) => `p(${label})`)],
        ...results.map((one, place) => [
          given[place],
          labelsOf(one).join("|"),
          surest(one),
          ...classes.map((label) => one.probabilities[label]),
        ]),
      ]);
    fill(
      answer,
      card(t("many.result"), {
        note: given.length > SHOWN ? t("many.part", { count: SHOWN, all: given.length }) : null,
        body: [
          el(
            "ul",
            { class: "legend" },
            classes
              .map((label, place) => [label, place])
              .filter(([, place]) => counts[place] > 0)
              .map(([label, place]) =>
                el("li", {}, labelName(label, place), " ", el("span", { class: "figure", text: number(counts[place]) })),
              ),
          ),
          table(
            t("many.result"),
            [{ name: t("many.text") }, { name: t("page.label") }, { name: t("many.probability"), number: true }, { name: "" }],
            results.slice(0, SHOWN).map((one, place) => [
              given[place].length > 160 ? `${given[place].slice(0, 160)}…` : given[place],
              labelName(labelsOf(one), placeOf(labelsOf(one)[0], classes)),
              percent(surest(one)),
              el("button", {
                type: "button",
                class: "quiet read-row",
                text: t("page.read_row"),
                "aria-label": t("many.read", { place: place + 1 }),
                on: { click: () => openInReading(given[place]) },
              }),
            ]),
          ),
        ],
        downloads: [textButton(t("many.keep"), `${fileName("labels", model)}.csv`, csv, "text/csv")],
      }),
    );
  }

  onChange(
    ["model"],
    () => {
      asking?.abort();
      fill(answer, emptyPanel(t("many.none"), t("many.none_about")));
      chooseColumns();
    },
    signal,
  );
  fill(
    body,
    el(
      "form",
      { class: "text-panel", on: { submit: classify } },
      el("label", { for: "many", text: t("many.label") }),
      field,
      el("div", { class: "text-foot" },
        el("label", { for: "many-file", text: t("many.file") }),
        file,
        el("label", { for: "many-file", class: "file-button", text: t("many.choose") }),
        chosen,
        encodings,
        columns,
        start,
      ),
      about,
      titles,
      el("p", { class: "note", text: t("many.limits", { texts: MOST_TEXTS, characters: MOST_CHARACTERS }) }),
      bar,
      said,
    ),
    answer,
  );
  fill(answer, emptyPanel(t("many.none"), t("many.none_about")));
  sayTitles();
}
