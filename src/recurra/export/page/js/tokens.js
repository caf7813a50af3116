// The five tokenisers, each a function from one text to its tokens; the same as recurra.text.tokens.

import { MARK, SPACE, WORD, codePoints, textOf } from "./unicode.js";

const ASCII_SPACE = /[ \t\n\v\f\r]+/;
const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;
const APOSTROPHES = [0x27, 0x2019];

/** Keras's TextVectorization: only A to Z are lowered, ASCII punctuation is deleted, ASCII white space separates. */
export function lessonTokens(text) {
  const standard = textOf(codePoints(text))
    .replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32))
    .replace(ASCII_PUNCTUATION, "");
  return standard.split(ASCII_SPACE).filter((token) => token !== "");
}

/** Words in Unicode lower case, with apostrophes inside; each other character that is not white space is a token. */
export function wordTokens(text, unicode) {
  const points = unicode.lower(codePoints(text));
  const is = (at, kind) => at < points.length && unicode.is(points[at], kind);
  const tokens = [];
  let begin = 0;
  while (begin < points.length) {
    let end = begin + 1;
    if (is(begin, WORD)) {
      while (is(end, WORD | MARK) || (APOSTROPHES.includes(points[end]) && is(end + 1, WORD))) end += 1;
    } else if (!is(begin, SPACE)) {
      while (is(end, MARK)) end += 1;
    }
    if (!is(begin, SPACE)) tokens.push(textOf(points.slice(begin, end)));
    begin = end;
  }
  return tokens;
}

/** Code points, with white space and case unchanged. */
export function characterTokens(text) {
  return codePoints(text).map((point) => String.fromCodePoint(point));
}

/** Code points, each in lower case where that is one code point. */
export function lowercaseCharacterTokens(text, unicode) {
  return codePoints(text).map((point) => textOf(unicode.lowered.get(point) ?? [point]));
}

/** Bytes of the UTF-8 encoding, each as the character U+0000 to U+00FF with the same number. */
export function byteTokens(text) {
  return Array.from(new TextEncoder().encode(textOf(codePoints(text))), (byte) => String.fromCharCode(byte));
}

export const TOKENISERS = {
  lesson: lessonTokens,
  words: wordTokens,
  characters: characterTokens,
  lowercase_characters: lowercaseCharacterTokens,
  bytes: byteTokens,
};

/**
 * The first words of a text, joined by spaces.
 * @param {string} text
 * @param {number|null} count how many words; null leaves the text as it is.
 * @param {function(number): boolean} isSpace whether a code point is white space.
 */
export function firstWords(text, count, isSpace) {
  if (count === null) return text;
  const words = [];
  let word = "";
  for (const character of text) {
    if (!isSpace(character.codePointAt(0))) word += character;
    else if (word) {
      words.push(word);
      word = "";
      if (words.length === count) break;
    }
  }
  if (word) words.push(word);
  return words.join(" ");
}
