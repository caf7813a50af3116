// Words and numbers in the reader's language.

import { recall, remember } from "./storage.js";

/** Languages of the page, by their own names. */
export const LANGUAGES = { en: "English", ja: "日本語" };

let language = "en";
let words = {};
// What the service says and what model cards say, which is in English whatever the reader's language is.
let service = {};
let cards = {};
let plurals = new Intl.PluralRules("en");

/** The language that was chosen last time, or the first of the browser's that the page speaks. */
export function preferred() {
  const wanted = [recall("language"), ...navigator.languages.map((name) => name.split("-")[0])];
  return wanted.find((name) => Object.hasOwn(LANGUAGES, name)) ?? "en";
}

async function loaded(name) {
  const answer = await fetch(`/static/locales/${name}.json`);
  if (!answer.ok) throw new Error(`/static/locales/${name}.json: ${answer.status}`);
  return answer.json();
}

/** Loads a language's words; everything written after it is in that language. */
export async function speak(name, { keep = false } = {}) {
  const [ours, english] = await Promise.all([loaded(name), name === "en" ? {} : loaded("en")]);
  words = ours;
  service = english.service ?? {};
  cards = english.card ?? {};
  language = name;
  plurals = new Intl.PluralRules(name);
  document.documentElement.lang = name;
  if (keep) remember("language", name);
}

export function currentLanguage() {
  return language;
}

function found(key) {
  return key.split(".").reduce((part, name) => (part && Object.hasOwn(part, name) ? part[name] : undefined), words);
}

/** Whether the language has words for a key. */
export function knows(key) {
  return found(key) !== undefined;
}

/**
 * The words of a key, with {names} filled in. Words that depend on a number are given as {"one": …, "other": …} and
 * chosen by `count`. A key without words is shown itself: a gap that is seen is filled.
 */
export function t(key, values = {}) {
  let text = found(key);
  if (text && typeof text === "object") text = text[plurals.select(values.count)] ?? text.other;
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!Object.hasOwn(values, name)) return whole;
    return typeof values[name] === "number" ? number(values[name]) : String(values[name]);
  });
}

/** A line of the service, such as an error or a note, in the reader's language; one without words stays as it is. */
export function serviceLine(line) {
  const { key, values } = keyOf(line, service);
  return key ? t(`service.${key}`, values) : line;
}

// What stands for these names in a line of a card is the program's own, too; other values are whatever a model has.
const OWN = ["what", "units", "score", "features", "classes"];

/** The same for a line of a model card. */
export function cardLine(line) {
  const { key, values } = keyOf(line, cards);
  if (!key) return line;
  const said = Object.entries(values ?? {}).map(([name, value]) => [name, OWN.includes(name) ? cardLine(value) : value]);
  return t(`card.${key}`, Object.fromEntries(said));
}

/** The first text that a line is, with what stands for its {names}. */
function keyOf(line, texts) {
  for (const [key, text] of Object.entries(texts)) {
    const said = spoken(text).exec(line);
    if (said) return { key, values: said.groups };
  }
  return {};
}

// Names that stand for a number.
const NUMBERS = ["count", "majority"];

/** A pattern of what a text says with its {names} filled in. */
function spoken(text) {
  // Every second part is a name.
  const parts = text.split(/\{(\w+)\}/);
  const pattern = parts.map((part, place) =>
    place % 2 ? `(?<${part}>${NUMBERS.includes(part) ? "[\\d.,]+" : ".+?"})` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
  );
  return new RegExp(`^${pattern.join("")}$`, "s");
}

const formats = new Map();

function format(options) {
  const key = language + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(language, options));
  return formats.get(key);
}

/** A number with at most `digits` decimal places (all of them where `fixed`). */
export function number(value, { digits = 3, fixed = false } = {}) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const written = format({ maximumFractionDigits: digits, minimumFractionDigits: fixed ? digits : 0 }).format(value);
  return written.replace("-", "−");
}

/** A share as per cent, as reports write it: 54.3 %, with a space that does not break. */
export function percent(value, digits = 1) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return `${number(100 * value, { digits, fixed: true })}\u00a0%`;
}

/** A number with its sign: +0.31, −1.20. */
export function signed(value, digits = 2) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  // Rounded first, so that −0.001 does not become −0.00.
  const rounded = Number(value.toFixed(digits));
  const options = { signDisplay: "exceptZero", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return format(options)
    .format(rounded === 0 ? 0 : rounded)
    .replace("-", "−");
}

/** A small or large number in few characters: 0.0012, 3.4e-7. */
export function compact(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(1).replace("-", "−");
  return format({ maximumSignificantDigits: 3 }).format(value).replace("-", "−");
}

/** A date with its time, from seconds since 1970. */
export function moment(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(1000 * seconds));
}
