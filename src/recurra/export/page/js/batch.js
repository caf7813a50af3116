// Many texts at once: one a line, the answers as a table and as a CSV file.

import { given, names } from "./answer.js";
import { el, fill, say } from "./dom.js";
import { percent, t } from "./words.js";

// Rows of the table on the page; the file has all.
const SHOWN = 20;

export class Batch {
  /**
   * @param {Worker} worker
   * @param {object} about the labels and thresholds.
   */
  constructor(worker, about) {
    this.worker = worker;
    this.about = about;
    this.run = 0;
    this.texts = [];
    this.rows = [];
    this.lines = "";
    this.ready = false;
    this.url = null;
  }

  /** The part of the page, made again for each language. */
  view() {
    const field = el("textarea", { id: "lines", rows: 4, spellcheck: "false", autocomplete: "off" });
    field.value = this.lines;
    field.addEventListener("input", () => {
      this.lines = field.value;
    });
    this.button = el("button", { type: "button", text: t("classify"), on: { click: () => this.start() } });
    this.button.disabled = !this.ready;
    this.found = el("div", { class: "found" });
    this.show();
    return el(
      "details",
      { class: "card batch text" },
      el("summary", { text: t("many") }),
      el("label", { for: "lines", text: t("lines") }),
      field,
      el("div", { class: "text-foot" }, this.button),
      this.found,
    );
  }

  /** The model is there. */
  enable() {
    this.ready = true;
    this.button.disabled = false;
  }

  /** Begins again with the texts of the field; answers to earlier ones are forgotten. */
  start() {
    this.run += 1;
    this.texts = this.lines.split("\n").filter((line) => line.trim() !== "");
    this.rows = [];
    this.show();
    this.next();
  }

  next() {
    const text = this.texts[this.rows.length];
    if (text !== undefined) this.worker.postMessage({ id: `batch ${this.run}`, text });
    else if (this.texts.length > 0) say(t("done", { count: this.texts.length }));
  }

  /** Takes a message of the worker; one of another kind is left to others. */
  take(answer) {
    if (!String(answer.id).startsWith("batch ")) return false;
    if (answer.id === `batch ${this.run}`) {
      this.rows.push(answer);
      this.show();
      this.next();
    }
    return true;
  }

  show() {
    const { rows, texts } = this;
    if (texts.length === 0) {
      fill(this.found);
      return;
    }
    if (rows.length < texts.length) {
      const words = t("doing", { count: rows.length, all: texts.length });
      fill(this.found, el("p", { text: words }), el("progress", { max: texts.length, value: rows.length, "aria-label": words }));
      return;
    }
    fill(this.found, this.table(), this.download());
  }

  table() {
    const { labels, thresholds } = this.about;
    const line = (text, place) => {
      const { kind, probabilities } = this.rows[place];
      const places = kind === "answer" ? given(probabilities, thresholds) : [];
      const label = kind === "answer" ? names(labels, places) : t("noAnswer");
      const share = places.length > 0 ? percent(probabilities[places[0]]) : "–";
      return el("tr", {}, el("td", { text }), el("td", { text: label }), el("td", { class: "figure", text: share }));
    };
    const head = ["columnText", "columnLabel", "columnShare"].map((key) => el("th", { scope: "col", text: t(key) }));
    return el(
      "table",
      {},
      el("caption", { text: t("first", { count: Math.min(SHOWN, this.texts.length), all: this.texts.length }) }),
      el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, this.texts.slice(0, SHOWN).map(line)),
    );
  }

  download() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(new Blob([this.csv()], { type: "text/csv" }));
    return el("a", { href: this.url, download: "answers.csv", text: t("download") });
  }

  /** The texts with their labels and the probability of every label, as CSV. */
  csv() {
    const { labels, thresholds } = this.about;
    const rows = this.texts.map((text, place) => {
      const { kind, probabilities } = this.rows[place];
      if (kind !== "answer") return [text, ...Array(labels.length + 1).fill("")];
      const found = given(probabilities, thresholds).map((one) => labels[one]);
      return [text, found.join("|"), ...probabilities];
    });
    return [["text", "label", ...labels], ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
  }
}

function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
