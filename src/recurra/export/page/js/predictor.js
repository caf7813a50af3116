// From texts to probabilities: the twin of the Python file that `recurra export --onnx` writes.

import { metadata } from "./metadata.js";
import { TOKENISERS, firstWords } from "./tokens.js";
import { SPACE, Unicode } from "./unicode.js";

const PAD = 0;
const UNKNOWN = 1;
const SPECIAL = 2;

/** Turns texts into the numbers that the network reads. */
export class Inputs {
  /**
   * @param {object} values of the model's metadata; see recurra.export.preprocessing.
   * @param {Unicode} unicode
   */
  constructor(values, unicode) {
    this.text = values.text;
    this.branch = values.branch;
    this.unicode = unicode;
    this.ids = new Map(values.vocabulary.map((token, place) => [token, place + SPECIAL]));
    this.known = this.ids.size + SPECIAL;
    if (this.branch === null) return;
    const table = integers(this.branch.ngrams.table);
    this.ngrams = new Map();
    for (let row = 0; row < table.length / 2; row += 1)
      this.ngrams.set(this.ngram(table[2 * row], table[2 * row + 1]), this.known + row);
    const subwords = this.branch.subwords;
    this.subwords = subwords && new Map(subwords.texts.map((text, row) => [text, row]));
  }

  /** The tokens of a text that network or branch read. */
  tokens(text) {
    // A list of texts would be read as one text of their first characters.
    if (typeof text !== "string") throw new TypeError("Give one text, a string.");
    const { tokens, max_tokens: most } = this.text;
    const read = TOKENISERS[tokens](this.inputText(text), this.unicode);
    return read.slice(0, (this.branch === null ? most : this.branch.max_tokens) ?? undefined);
  }

  /**
   * The inputs of the network by their names, each a list of whole numbers, without pads.
   * @param {string[]} tokens of a text.
   */
  inputs(tokens) {
    const ids = tokens.map((token) => this.ids.get(token) ?? UNKNOWN);
    const inputs = { ids: ids.slice(0, this.text.max_tokens ?? undefined) };
    if (this.branch !== null) {
      inputs.ngrams = this.ngramRows(ids);
      if (this.subwords !== null) inputs.subwords = tokens.flatMap((token) => this.subwordRows(token));
    }
    return inputs;
  }

  /** A text has no title: where titles are read, its first words are taken. */
  inputText(text) {
    if (this.text.field === "all") return text;
    return firstWords(text, this.text.first_words, (point) => this.unicode.is(point, SPACE));
  }

  /** An n-gram as one number: the row of its beginning and its last token. */
  ngram(beginning, token) {
    return beginning * this.known + token;
  }

  /** The rows of the known n-grams, with a boundary before the first and after the last token. */
  ngramRows(ids) {
    const found = [];
    if (ids.length === 0) return found;
    // The rows of the n-grams that end at the token before, the shortest first.
    let ending = [];
    for (const token of [PAD, ...ids, PAD]) {
      if (token === UNKNOWN) {
        ending = [];
        continue;
      }
      const longer = ending
        .slice(0, this.branch.ngrams.longest - 1)
        .map((row) => (row < 0 ? -1 : (this.ngrams.get(this.ngram(row, token)) ?? -1)));
      for (const row of longer.toReversed()) if (row >= 0) found.push(row);
      if (token !== PAD) found.push(token);
      ending = [token, ...longer];
    }
    return found;
  }

  /** The rows of the known subwords of a word; a space is its beginning or end. */
  subwordRows(token) {
    const points = [" ", ...token, " "];
    const found = [];
    for (let begin = 0; begin < points.length; begin += 1) {
      let text = points[begin];
      const most = Math.min(begin + this.branch.subwords.longest, points.length);
      for (let end = begin + 1; end < most; end += 1) {
        text += points[end];
        const row = this.subwords.get(text);
        if (row !== undefined) found.push(row);
      }
    }
    return found;
  }
}

/** An exported model. */
export class Classifier {
  /**
   * @param {object} ort ONNX Runtime.
   * @param {object} session with the model.
   * @param {Inputs} inputs
   */
  constructor(ort, session, inputs) {
    this.ort = ort;
    this.session = session;
    this.inputs = inputs;
  }

  /** The probability of each class for a text, and how many tokens were read and not known. */
  async predict(text) {
    const tokens = this.inputs.tokens(text);
    const row = this.inputs.inputs(tokens);
    const feeds = { lengths: new this.ort.Tensor("int32", [row.ids.length], [1]) };
    for (const [name, values] of Object.entries(row)) {
      // One column at least.
      const padded = values.length > 0 ? values : [name === "ids" ? PAD : -1];
      feeds[name] = new this.ort.Tensor("int32", padded, [1, padded.length]);
    }
    const { probabilities } = await this.session.run(feeds, ["probabilities"]);
    return {
      probabilities: Array.from(probabilities.data),
      tokens: tokens.length,
      unknown: tokens.filter((token) => !this.inputs.ids.has(token)).length,
    };
  }
}

/**
 * The classifier of a page's files.
 * @param {object} ort ONNX Runtime.
 * @param {Uint8Array} model content of model.onnx.
 * @param {Uint8Array} unicode content of unicode.json.
 * @param {Uint8Array} runtime content of ONNX Runtime's WebAssembly.
 */
export async function classifierOf(ort, model, unicode, runtime) {
  // Several threads would need headers that a plain file server does not send.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = runtime;
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const tables = new Unicode(JSON.parse(new TextDecoder().decode(unicode)));
  return new Classifier(ort, session, new Inputs(JSON.parse(metadata(model, "recurra")), tables));
}

/** Little-endian int32 from base64. */
function integers(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, place) => view.getInt32(4 * place, true));
}
