// Model: the network as it is built, with what goes through it for the text at hand; its card; and how it errs on a file.

import { get } from "../api.js";
import { el, fill } from "../dom.js";
import { t } from "../i18n.js";
import { card } from "../parts/card.js";
import { calibrationCard } from "../parts/calibration.js";
import { confusionCard } from "../parts/confusions.js";
import { labelConfusionCard } from "../parts/label-confusions.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { follow, readRequest } from "../parts/follow.js";
import { fromData } from "../parts/from-data.js";
import { modelCard } from "../parts/model-card.js";
import { networkDiagram } from "../parts/network-diagram.js";
import { networkPicture } from "../parts/network-picture.js";
import { errorPanel } from "../parts/notices.js";
import { programPanel } from "../parts/program.js";
import { textPanel } from "../parts/text-panel.js";
import { colourTop } from "../parts/top-classes.js";
import { onChange, store } from "../store.js";

export async function mount(body, signal) {
  const diagram = el("div", { class: "answer" });
  const about = el("div", { class: "answer" });
  const onFile = el("div", { class: "answer" });
  fill(
    body,
    textPanel(signal),
    diagram,
    programPanel({ path: "/v1/read", request: () => readRequest(), signal }),
    about,
    el("h2", { class: "part", text: t("model.on_data") }),
    onFile,
  );
  const cards = new Map();
  const cardOf = (name) => {
    if (!cards.has(name)) cards.set(name, get("/v1/card", { query: { model: name }, signal }));
    return cards.get(name);
  };
  let lifetime = new AbortController();
  signal.addEventListener("abort", () => lifetime.abort());

  // The first reading may be there before the shapes are.
  function draw(reading) {
    const drawn = cardOf(reading.model).then(({ shapes }) => drawNetwork(reading, shapes));
    drawn.catch((error) => {
      if (!signal.aborted) fill(diagram, errorPanel(error));
    });
  }

  function drawNetwork(reading, shapes) {
    if (signal.aborted || reading.model !== store.model) return;
    const info = store.models.find(({ name }) => name === reading.model);
    lifetime.abort();
    lifetime = new AbortController();
    colourTop([reading]);
    const { compact_layers: layers, ...numbers } = reading;
    const drawing = networkDiagram(info, shapes, reading, lifetime.signal);
    fill(
      diagram,
      card(t("model.network"), {
        note: t("model.network_note"),
        help: "network",
        body: drawing,
        downloads: [
          svgButton(fileName("network", reading.model), () => networkPicture(drawing)),
          jsonButton(fileName("network", reading.model), () => ({
            network: info.network,
            parameters: info.parameters,
            shapes,
            reading: numbers,
          })),
        ],
      }),
    );
  }

  async function drawCard() {
    const name = store.model;
    try {
      const { markdown } = await cardOf(name);
      if (!signal.aborted && name === store.model) fill(about, modelCard(name, markdown));
    } catch (error) {
      cards.delete(name);
      if (!signal.aborted) fill(about, errorPanel(error, { retry: drawCard }));
    }
  }

  onChange(["model"], drawCard, signal);
  await Promise.all([
    follow(diagram, { path: "/v1/read", request: () => readRequest({ compact: ["h"] }), draw, signal })(),
    drawCard(),
    fromData(onFile, {
      path: "/v1/confusions",
      signal,
      draw: ([found], asked) =>
        fill(
          onFile,
          found.multi_label ? labelConfusionCard(found) : confusionCard(found),
          calibrationCard(found, AbortSignal.any([signal, asked])),
        ),
    }),
  ]);
}
