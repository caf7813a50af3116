// What the page's JavaScript reads of texts, for a comparison with recurra's own numbers.
// node inputs.mjs FOLDER: the folder has the page's modules. Standard input: {"values": …, "unicode": …, "texts": […]}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);
const { Inputs } = await import(new URL("predictor.js", folder));
const { Unicode } = await import(new URL("unicode.js", folder));
const { values, unicode, texts } = JSON.parse(readFileSync(0, "utf8"));
const inputs = new Inputs(values, new Unicode(unicode));
process.stdout.write(JSON.stringify(texts.map((text) => inputs.inputs(inputs.tokens(text)))));
