// Loads the model and classifies, beside the page, so that a long text does not keep it from answering.

import * as ort from "../runtime/ort.wasm.bundle.min.js";
import { classifierOf } from "./predictor.js";

const FILES = ["model.onnx", "unicode.json", "runtime/ort-wasm-simd-threaded.wasm"];

let classifier = null;

/** Messages: {id, text} are answered by {kind, id, …}; {kind: "progress"} and {kind: "ready"} come before. */
addEventListener("message", async ({ data: { id, text } }) => {
  try {
    postMessage({ kind: "answer", id, ...(await classifier.predict(text)) });
  } catch (error) {
    postMessage({ kind: "no-answer", id, message: String(error?.message ?? error) });
  }
});

try {
  classifier = await load();
  postMessage({ kind: "ready" });
} catch (error) {
  postMessage({ kind: "failed", message: String(error?.message ?? error) });
}

async function load() {
  const loaded = new Map();
  const contents = await Promise.all(
    FILES.map((name) =>
      content(name, (bytes) => {
        loaded.set(name, bytes);
        postMessage({ kind: "progress", bytes: [...loaded.values()].reduce((sum, one) => sum + one, 0) });
      }),
    ),
  );
  postMessage({ kind: "starting" });
  return classifierOf(ort, ...contents);
}

/** The bytes of a file of the page; `progress` is told how many there are. */
async function content(name, progress) {
  const answer = await fetch(new URL(`../${name}`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  const parts = [];
  let size = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    progress(size);
  }
  const bytes = new Uint8Array(size);
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
}
