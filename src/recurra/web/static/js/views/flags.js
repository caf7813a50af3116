// Flags: units that switch on at a word and stay, what switches them, and what the model loses without them.

import { el, fill } from "../dom.js";
import { compact, number, percent, serviceLine, signed, t } from "../i18n.js";
import { card } from "../parts/card.js";
import { fileName, jsonButton, svgButton } from "../parts/download.js";
import { facts, fromData } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { placeOf } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { readButton } from "../parts/open-row.js";
import { wordsPicture } from "../parts/words-picture.js";
import { wordLine } from "../parts/words.js";

export function mount(body, signal) {
  return fromData(body, { path: "/v1/flags", draw: ([flags]) => draw(body, flags), signal });
}

function draw(body, flags) {
  if (flags.units.length === 0) {
    fill(body, emptyPanel(t("flags.none"), t("flags.none_about", { documents: flags.documents })));
    return;
  }
  const detail = el("div");
  const rows = flags.units.map((unit, place) => unitRow(unit, () => show(place)));
  function show(place) {
    for (const [other, row] of rows.entries()) {
      row.classList.toggle("chosen", other === place);
      row.querySelector("button").setAttribute("aria-pressed", String(other === place));
    }
    fill(detail, unitCard(flags.units[place], flags));
  }
  const heads = ["unit", "speaks_for", "score", "drop", "drop_random"];
  fill(
    body,
    card(t("flags.units"), {
      note: t("flags.units_note", { documents: flags.documents, accuracy: percent(flags.accuracy, 2) }),
      help: "flags",
      body: [
        el(
          "div",
          { class: "scroll", role: "region", "aria-label": t("table.of", { caption: t("flags.units") }), tabindex: 0 },
          el(
            "table",
            { class: "master" },
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                heads.map((head, place) =>
                  el("th", { scope: "col", class: place > 1 && "figure", text: t(`flags.${head}`) }),
                ),
              ),
            ),
            el("tbody", {}, rows),
          ),
        ),
        together(flags),
        (flags.notes ?? []).map((note) => el("p", { class: "note", text: serviceLine(note) })),
      ],
      downloads: [jsonButton(fileName("flags", flags.model), () => flags)],
    }),
    detail,
  );
  show(0);
}

/** What the model loses when its flags are silenced at once, by name; or that none of the units is one. */
function together({ together: all, units }) {
  if (!all?.units) {
    const none = units.every(({ score }) => Number(score.toFixed(3)) === 0);
    return none && el("p", { class: "note", text: t("flags.no_flag") });
  }
  const names = (all.members ?? []).map((unit) => unitName(unit));
  return [
    el("p", { class: "note", text: t("flags.silenced", { count: all.units, units: names.join(t("flags.between")) }) }),
    facts([
      [t("flags.together"), points(-all.drop)],
      all.drop_random !== null && [t("flags.together_random", { count: all.units }), points(-all.drop_random)],
      [t("flags.accuracy_silenced"), percent(all.accuracy_silenced, 2)],
    ]),
  ];
}

function unitName(unit) {
  return t("flags.unit_name", {
    unit: String(unit.unit),
    layer: number(unit.layer + 1),
    direction: t(`gates.${unit.direction}`),
  });
}

function points(value) {
  return value === null ? "–" : t("reading.points", { change: signed(100 * value, 2) });
}

/** The mean change for the other units; a layer of one unit has none. */
function others(unit) {
  return points(unit.drop_random === null ? null : -unit.drop_random);
}

function unitRow(unit, open) {
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      el("button", {
        type: "button",
        class: "link",
        text: unitName(unit),
        "aria-pressed": "false",
        on: { click: open },
      }),
    ),
    el("td", {}, labelName(unit.speaks_for, placeOf(unit.speaks_for))),
    el("td", { class: "figure", text: number(unit.score, { digits: 3, fixed: true }) }),
    el("td", { class: "figure", text: points(-unit.drop) }),
    el("td", { class: "figure", text: others(unit) }),
  );
}

function phrases(title, list) {
  return el(
    "div",
    {},
    el("h3", { text: title }),
    list.length === 0
      ? el("p", { class: "soft", text: t("flags.nothing") })
      : el(
          "ul",
          { class: "phrases" },
          list.map(({ phrase, count, label }) =>
            el(
              "li",
              {},
              el("bdi", { class: "quoted", text: phrase }),
              el("span", { class: "figure soft", text: ` ×${number(count)}` }),
              label !== undefined && label !== null && [" ", labelName(label, placeOf(label))],
            ),
          ),
        ),
  );
}

function unitCard(unit, flags) {
  return card(unitName(unit), {
    body: [
      facts([
        [t("flags.speaks_for"), labelName(unit.speaks_for, placeOf(unit.speaks_for))],
        [t("flags.weight"), signed(unit.weight, 3)],
        [t("flags.accuracy_silenced"), percent(unit.accuracy_silenced, 2)],
        [t("flags.drop"), points(-unit.drop)],
        [t("flags.drop_random"), others(unit)],
        ...["separation", "held", "ends_on"].map(
          (name) => Number.isFinite(unit[name]) && [t(`flags.${name}`), percent(unit[name])],
        ),
      ]),
      el("div", { class: "halves" }, phrases(t("flags.on"), unit.on), phrases(t("flags.off"), unit.off)),
      unit.examples.length > 0 && el("h3", { text: t("flags.examples") }),
      unit.examples.length > 0 &&
        el("p", { class: "note", text: t("flags.examples_note", { threshold: signed(unit.threshold ?? 0, 3) }) }),
      unit.examples.map((example) => exampleOf(unit, example, flags)),
    ],
    downloads: [jsonButton(fileName("flag", flags.model, unit.layer, unit.direction, unit.unit), () => unit)],
  });
}

function exampleOf(unit, example, flags) {
  const place = placeOf(unit.speaks_for);
  const tokens = example.tokens.map((text) => ({ text }));
  const threshold = unit.threshold ?? 0;
  const tints = example.c.map((value, step) => ({
    // How far it is on, on whichever side of the threshold that is; off is no speaking against a class, and not hatched.
    place,
    value: unit.on_when === "below" ? threshold - value : value - threshold,
    said: `${t("flags.said", { state: signed(value, 3) })}${step === example.flip ? `, ${t("flags.flips_here")}` : ""}`,
  }));
  const line = wordLine(tokens, tints, { label: t("flags.example_of", { unit: unitName(unit) }), signs: false });
  line.node.querySelectorAll(".word")[example.flip]?.classList.add("flip");
  return el(
    "figure",
    { class: "example" },
    line.node,
    el(
      "figcaption",
      {},
      t("page.label"),
      " ",
      labelName(example.label, placeOf(example.label)),
      " · ",
      t("page.predicted"),
      " ",
      labelName(example.predicted, placeOf(example.predicted)),
      " ",
      Number.isInteger(example.number) && readButton(example.number, { model: flags.model }),
      " ",
      svgButton(fileName("flag", flags.model, unit.unit), () => wordsPicture(tokens, tints, { title: unitName(unit), signs: false })),
    ),
  );
}
