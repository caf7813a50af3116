// What the numbers of a run are called and how they are written.

import { compact, knows, percent, t } from "../i18n.js";

export function isShare(name) {
  return /accuracy|f1|ece/.test(name ?? "");
}

export function shownValue(name, value) {
  return isShare(name) ? percent(value, 2) : compact(value);
}

export function metricName(name) {
  return knows(`runs.metrics.${name}`) ? t(`runs.metrics.${name}`) : name.replaceAll("_", " ");
}
