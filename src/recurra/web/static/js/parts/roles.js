// What a unit does, as the service says it in English, in the reader's language.

import { t } from "../i18n.js";

const PHRASES = [
  [/^for (?<label>.+)$/, "roles.for"],
  [/^against (?<label>.+)$/, "roles.against"],
  [/^flips at (?<word>.+)$/, "roles.flips"],
  [/^stays (?<count>\d+) words?$/, "roles.stays"],
  [/^half-life over (?<count>\d+) words$/, "roles.half_life_over"],
  [/^half-life (?<words>[\d.]+) words$/, "roles.half_life"],
  [/^still$/, "roles.still"],
];

/** The same phrases, each in the reader's language; one that is not known stays as it is. */
export function roleWords(role) {
  return role
    .split(", ")
    .map((phrase) => {
      for (const [pattern, key] of PHRASES) {
        const found = pattern.exec(phrase);
        if (!found) continue;
        const { count, ...values } = found.groups ?? {};
        return t(key, count === undefined ? values : { count: Number(count) });
      }
      return phrase;
    })
    .join(t("roles.between"));
}
