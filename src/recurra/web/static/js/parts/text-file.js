// The text of a file that somebody chose: by the same rules as the commands read it, and never with a letter replaced.

/** What a file that is not UTF-8 may be; the first is what the commands suggest where it reads all bytes. */
const OTHERS = ["windows-1252", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr", "windows-1251"];
// Windows-1252 leaves these five bytes undefined, which browsers read as control characters.
const UNDEFINED = /[\u0081\u008d\u008f\u0090\u009d]/;
// What is not ASCII, and how many characters are shown before and after the first such one.
const FOREIGN = /[^\0-\x7f]/;
const AROUND = 20;

/**
 * @param {Uint8Array} bytes of a file.
 * @returns {{encoding: string|null, others: string[]}} how it is read, null where that cannot be known; and where it is
 *   not UTF-8, all encodings that read every byte of it: none for a file that is no text.
 */
export function encodingOf(bytes) {
  const [first, second] = bytes;
  const own = first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  if (decoded(bytes, own) !== null) return { encoding: own, others: [] };
  const others = own === "utf-8" ? OTHERS.filter((name) => decoded(bytes, name) !== null) : [];
  return { encoding: others.includes(OTHERS[0]) ? OTHERS[0] : null, others };
}

/** The text of a file; null where the encoding does not read all bytes, or they hold NUL, as no text does. */
export function decoded(bytes, encoding) {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") || (encoding === OTHERS[0] && UNDEFINED.test(text)) ? null : text;
  } catch {
    return null;
  }
}

/** The first place where encodings may differ, and what stands around it in its line. */
export function firstForeign(text) {
  const line = text.split(/[\r\n]/).find((one) => FOREIGN.test(one)) ?? "";
  const place = line.search(FOREIGN);
  return line.slice(Math.max(0, place - AROUND), place + AROUND).trim();
}
