// Arrays as the service packs them: base64 of 32-bit numbers, little-endian, row by row.

/** @returns {{shape: number[], numbers: Float32Array}} */
export function numbersOf({ shape, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return { shape, numbers: Float32Array.from({ length: bytes.length / 4 }, (_, k) => view.getFloat32(4 * k, true)) };
}
