// What the exporting Python knows of Unicode. The engine's own \w, \s and toLowerCase may have another version of it.

/** Kinds of code points, as bits. */
export const WORD = 1;
export const SPACE = 2;
export const MARK = 4;
export const CASED = 8;
export const IGNORABLE = 16;

const KINDS = { word: WORD, space: SPACE, mark: MARK, cased: CASED, ignorable: IGNORABLE };
const SIGMA = 0x3a3;

export class Unicode {
  /** @param {object} tables of unicode.json; see recurra.export.unicode_tables. */
  constructor(tables) {
    this.kinds = new Uint8Array(0x110000);
    for (const [name, kind] of Object.entries(KINDS)) {
      let begin = 0;
      let member = false;
      for (const length of tables[name] ?? []) {
        if (member) for (let point = begin; point < begin + length; point += 1) this.kinds[point] |= kind;
        begin += length;
        member = !member;
      }
    }
    const lower = Object.entries(tables.lower ?? {});
    this.lowered = new Map(lower.map(([from, to]) => [from.codePointAt(0), codePoints(to)]));
  }

  /** Whether a code point is of a kind. */
  is(point, kind) {
    return (this.kinds[point] & kind) !== 0;
  }

  /** Code points in lower case, which may be more than before. */
  lower(points) {
    const lowered = [];
    points.forEach((point, at) => {
      if (point === SIGMA) lowered.push(this.isFinal(points, at) ? 0x3c2 : 0x3c3);
      else if (this.lowered.has(point)) lowered.push(...this.lowered.get(point));
      else lowered.push(point);
    });
    return lowered;
  }

  /** Whether a capital sigma ends a word: something cased stands before it and nothing cased after it. */
  isFinal(points, at) {
    return this.nextIsCased(points, at, -1) && !this.nextIsCased(points, at, 1);
  }

  nextIsCased(points, at, step) {
    let next = at + step;
    while (next >= 0 && next < points.length && this.is(points[next], IGNORABLE)) next += step;
    return next >= 0 && next < points.length && this.is(points[next], CASED);
  }
}

/** The code points of a text; a lone surrogate, which UTF-8 cannot encode, is a question mark. */
export function codePoints(text) {
  return Array.from(text, (character) => {
    const point = character.codePointAt(0);
    return point >= 0xd800 && point <= 0xdfff ? 0x3f : point;
  });
}

/** The text of code points. */
export function textOf(points) {
  let text = "";
  for (const point of points) text += String.fromCodePoint(point);
  return text;
}
