// What a page's JavaScript reads of texts and answers, for a comparison with recurra's own numbers.
// node read.mjs FOLDER: the folder has the page's files. Standard input: {"texts": …}, and with {"values": …,
// "unicode": …} those instead of the folder's model, whose answers are left out then.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const page = pathToFileURL(`${process.argv[2]}/`);
const { texts, values, unicode } = JSON.parse(readFileSync(0, "utf8"));
const { Inputs, classifierOf } = await import(new URL("js/predictor.js", page));
const { Unicode } = await import(new URL("js/unicode.js", page));

const answer = {};
let inputs;
if (values) inputs = new Inputs(values, new Unicode(unicode));
else {
  const ort = await import(new URL("runtime/ort.wasm.bundle.min.js", page));
  const names = ["model.onnx", "unicode.json", "runtime/ort-wasm-simd-threaded.wasm"];
  const classifier = await classifierOf(ort, ...names.map((name) => new Uint8Array(readFileSync(new URL(name, page)))));
  inputs = classifier.inputs;
  answer.probabilities = [];
  for (const text of texts) answer.probabilities.push((await classifier.predict(text)).probabilities);
}
answer.inputs = texts.map((text) => inputs.inputs(inputs.tokens(text)));
process.stdout.write(JSON.stringify(answer));
