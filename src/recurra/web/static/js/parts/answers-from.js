// What a model makes its answer of: not always the last state alone.

import { number, t } from "../i18n.js";
import { store } from "../store.js";

/** A sentence or two about a model, by its name; empty where the service does not describe its network. */
export function answersFrom(name) {
  const { network, branch } = store.models.find((model) => model.name === name) ?? {};
  if (!network?.pooling) return "";
  const kinds = network.pooling.map((kind) => t(`gates.answers_from.${kind}`)).join(t("model.between"));
  const states = network.layers > 1 ? t("gates.of_layer", { states: kinds, layer: number(network.layers) }) : kinds;
  return [
    t(branch ? "gates.answers_branch" : "gates.answers", { states }),
    (branch || network.pooling.some((kind) => kind !== "last")) && t("gates.answers_all"),
  ]
    .filter(Boolean)
    .join(" ");
}
