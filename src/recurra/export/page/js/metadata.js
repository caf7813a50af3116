// Reads the text that an ONNX file holds beside its graph. ONNX Runtime does not give it to JavaScript.

// Field numbers in onnx.proto: ModelProto.metadata_props, StringStringEntryProto.key and .value.
const METADATA = 14;
const KEY = 1;
const VALUE = 2;

// Bytes of numbers by their wire type.
const NUMBERS = { 1: 8, 5: 4 };

/**
 * The value of a key in the metadata of an ONNX file.
 * @param {Uint8Array} file its bytes, a message of Protocol Buffers.
 * @param {string} key
 */
export function metadata(file, key) {
  const decoder = new TextDecoder();
  for (const [field, entry] of fields(file)) {
    if (field !== METADATA) continue;
    const parts = new Map(fields(entry));
    if (decoder.decode(parts.get(KEY)) === key) return decoder.decode(parts.get(VALUE));
  }
  throw new Error(`The model has no metadata ${key}`);
}

/** The number and the bytes of each field of a message; fields that are numbers have none. */
function* fields(message) {
  let at = 0;
  const varint = () => {
    let value = 0;
    let factor = 1;
    for (; message[at] >= 128; at += 1, factor *= 128) value += (message[at] - 128) * factor;
    value += message[at] * factor;
    at += 1;
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) varint();
    else {
      const size = type === 2 ? varint() : NUMBERS[type];
      if (size === undefined) throw new Error("The model is no ONNX file");
      if (type === 2) yield [Math.floor(tag / 8), message.subarray(at, at + size)];
      at += size;
    }
  }
}
