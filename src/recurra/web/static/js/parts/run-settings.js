// In which settings runs differ.

import { el } from "../dom.js";
import { t } from "../i18n.js";
import { card } from "./card.js";
import { table } from "./table.js";

// Runs side by side in the table.
const SIDE_BY_SIDE = 8;

/** Settings by dotted names, each with its value as JSON. */
export function flat(settings, prefix = "") {
  return Object.entries(settings ?? {}).flatMap(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? flat(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, JSON.stringify(value)]],
  );
}

/** A card with the settings that are not the same in all of these runs; nothing for less than two. */
export function settingsDiffer(chosen) {
  const runs = chosen.slice(0, SIDE_BY_SIDE);
  if (runs.length < 2) return null;
  const all = runs.map((run) => new Map([...flat(run.settings), ...flat(rowsOf(run))]));
  const names = [...new Set(all.flatMap((one) => [...one.keys()]))].sort();
  const differing = names.filter((name) => new Set(all.map((one) => one.get(name))).size > 1);
  const left = chosen.length - runs.length;
  return card(t("runs.differences"), {
    note: [t("runs.differences_note"), left > 0 && t("runs.differences_left", { count: left })].filter(Boolean).join(" "),
    body:
      differing.length > 0
        ? table(
            t("runs.differences"),
            [{ name: t("runs.setting") }, ...runs.map(({ name }) => ({ name }))],
            differing.map((name) => [name, ...all.map((one) => written(one.get(name)))]),
          )
        : el("p", { text: t("runs.no_difference") }),
  });
}

function rowsOf({ data }) {
  return data?.data_sha256 ? { data: { rows: data.rows, sha256: data.data_sha256.slice(0, 8) } } : {};
}

function written(value) {
  return value === undefined ? "–" : value.replace(/^"(.*)"$/, "$1");
}
