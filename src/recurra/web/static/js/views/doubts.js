// Mistakes and doubts: a queue of rows to look at, decided by keyboard, kept as a file for the next training.

import { el, fill, say } from "../dom.js";
import { knows, number, percent, serviceLine, t } from "../i18n.js";
import { card, picker } from "../parts/card.js";
import { decisionsFor } from "../parts/decisions.js";
import { fileName, jsonButton, textButton } from "../parts/download.js";
import { fromData } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { placeOf } from "../parts/labels.js";
import { emptyPanel } from "../parts/notices.js";
import { store } from "../store.js";

export function mount(body, signal) {
  return fromData(body, { path: "/v1/doubts", draw: ([doubts]) => draw(body, doubts), signal });
}

function draw(body, doubts) {
  if (doubts.rows.length === 0) {
    fill(body, emptyPanel(t("doubts.none"), t("doubts.none_about")));
    return;
  }
  const labels = store.models.find(({ name }) => name === doubts.model)?.classes ?? [
    ...new Set(doubts.rows.flatMap((row) => [row.label, row.predicted])),
  ];
  const decisions = decisionsFor(doubts.model);
  const rowsInAll = new Set(doubts.rows.map((row) => row.row)).size;
  const reasons = [...new Set(doubts.rows.map((row) => row.reason))];
  const file = `${fileName("decisions", doubts.model)}.csv`;
  let reason = "";
  let here = 0;
  const list = el("ol", { class: "queue", "aria-label": t("doubts.queue") });
  const progress = el("p", { class: "note" });
  let items = [];

  function rowItem(row, place) {
    const status = el("span", { class: "decision" });
    const relabel = el(
      "select",
      {
        "aria-label": t("doubts.new_label", { row: row.number }),
        tabindex: -1,
        on: { change: () => decide(place, "relabel", relabel.value) },
      },
      el("option", { value: "", text: t("doubts.relabel"), disabled: true, selected: true }),
      labels.map((label) => el("option", { value: String(label), text: String(label) })),
    );
    const buttons = ["keep", "exclude"].map((name) =>
      el("button", {
        type: "button",
        tabindex: -1,
        text: t(`doubts.${name}`),
        data: { decision: name },
        on: { click: () => decide(place, name) },
      }),
    );
    const node = el(
      "li",
      {
        class: `doubt${place === 0 ? " current" : ""}`,
        tabindex: place === 0 ? 0 : -1,
        data: { row: row.row },
        on: { focusin: () => reach(place), click: () => reach(place) },
      },
      el(
        "div",
        { class: "doubt-head" },
        el("span", { class: "figure soft", text: t("doubts.row", { row: String(row.number) }) }),
        el("span", { class: "badge", text: reasonName(row.reason) }),
        status,
      ),
      el("p", { class: "doubt-text", dir: "auto", text: row.text }),
      el(
        "p",
        { class: "doubt-says" },
        t("doubts.data_say"),
        " ",
        labelName(row.label, placeOf(row.label, labels)),
        " · ",
        t("doubts.model_says"),
        " ",
        labelName(row.predicted, placeOf(row.predicted, labels)),
        " ",
        el("span", { class: "figure", text: percent(row.probability) }),
        suggestionOf(row) !== null && [
          " · ",
          t("doubts.suggested"),
          " ",
          labelName(row.suggested, placeOf(row.suggested, labels)),
        ],
      ),
      detailsOf(row, labels),
      el("div", { class: "doubt-tools" }, buttons, relabel),
    );
    const show = () => {
      const made = decisions.of(row.row);
      node.dataset.decided = made?.decision ?? "";
      status.textContent =
        made === null
          ? ""
          : made.decision === "relabel"
            ? t("doubts.relabelled", { label: made.label })
            : t(`doubts.done_${made.decision}`);
      relabel.value = made?.decision === "relabel" ? made.label : "";
      for (const button of buttons)
        button.setAttribute("aria-pressed", String(made?.decision === button.dataset.decision));
    };
    show();
    return { row, node, show, relabel };
  }

  function drawProgress() {
    progress.textContent = t("doubts.progress", { decided: decisions.size, count: rowsInAll });
  }
  function reach(place) {
    for (const [other, { node }] of items.entries()) {
      node.setAttribute("tabindex", other === place ? "0" : "-1");
      node.classList.toggle("current", other === place);
    }
    here = place;
  }
  function go(place) {
    const next = Math.min(items.length - 1, Math.max(0, place));
    reach(next);
    items[next].node.focus();
  }
  function decide(place, decision, label = "") {
    const { row } = items[place];
    const kept =
      decision === null
        ? decisions.forget(row.row)
        : decisions.set(row.row, decision, { label, head: row.head, number: row.number });
    // A row may stand there for several reasons; it is decided once.
    for (const item of items) if (item.row.row === row.row) item.show();
    drawProgress();
    const words =
      decision === null
        ? t("doubts.undone")
        : decision === "relabel"
          ? t("doubts.relabelled", { label })
          : t(`doubts.done_${decision}`);
    say(`${t("doubts.row", { row: String(row.number) })}: ${words}${kept ? "" : ` ${t("doubts.not_kept")}`}`);
  }

  list.addEventListener("keydown", (event) => {
    // Only while the queue has the focus, and never while a list to choose from is open in it.
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const digit = Number(event.key);
    const actions = {
      k: () => {
        decide(here, "keep");
        go(here + 1);
      },
      e: () => {
        decide(here, "exclude");
        go(here + 1);
      },
      r: () => items[here].relabel.focus(),
      u: () => decide(here, null),
      s: () => {
        if (suggestionOf(items[here].row) !== null) {
          decide(here, "relabel", items[here].row.suggested);
          go(here + 1);
        }
      },
      j: () => go(here + 1),
      ArrowDown: () => go(here + 1),
      ArrowUp: () => go(here - 1),
      Home: () => go(0),
      End: () => go(items.length - 1),
    };
    const action =
      Number.isInteger(digit) && digit >= 1 && digit <= Math.min(9, labels.length)
        ? () => {
            decide(here, "relabel", labels[digit - 1]);
            go(here + 1);
          }
        : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  function drawList() {
    const rows = doubts.rows.filter((row) => reason === "" || row.reason === reason);
    here = 0;
    items = rows.map(rowItem);
    fill(
      list,
      items.map(({ node }) => node),
    );
  }

  drawList();
  drawProgress();
  const keys = [
    ["j", "next"],
    ["↑", "previous"],
    ["k", "keep"],
    ["e", "exclude"],
    ["r", "relabel"],
    ["s", "suggested"],
    [`1–${Math.min(9, labels.length)}`, "relabel_as"],
    ["u", "undo"],
  ];
  const options = [
    ["", `${t("doubts.all")} (${number(doubts.rows.length)})`],
    ...reasons.map((name) => [
      name,
      `${reasonName(name)} (${number(doubts.rows.filter((row) => row.reason === name).length)})`,
    ]),
  ];
  fill(
    body,
    card(t("doubts.queue"), {
      tools: picker(t("doubts.reason"), options, reason, (value) => {
        reason = value;
        drawList();
      }),
      note: t("doubts.about"),
      body: [
        el(
          "dl",
          { class: "keys" },
          keys.map(([key, words]) =>
            el("div", {}, el("dt", {}, el("kbd", { text: key })), el("dd", { text: t(`doubts.keys.${words}`) })),
          ),
        ),
        progress,
        (doubts.notes ?? []).map((note) => el("p", { class: "note", text: serviceLine(note) })),
        el(
          "details",
          { class: "as-table" },
          el("summary", { text: t("doubts.labels") }),
          el(
            "ol",
            { class: "units" },
            labels
              .slice(0, 9)
              .map((label, place) => el("li", {}, el("kbd", { text: place + 1 }), " ", labelName(label, place))),
          ),
        ),
        list,
      ],
      downloads: [
        textButton(t("doubts.export"), file, () => decisions.csv(), "text/csv"),
        jsonButton(fileName("doubts", doubts.model), () => doubts),
      ],
    }),
    el("p", { class: "note", text: t("doubts.use") }),
    el(
      "pre",
      { class: "command", tabindex: 0 },
      el("code", {
        text: `recurra train DATA --exclude ${file} --relabel ${file} --out runs/again`,
      }),
    ),
  );
}

function reasonName(reason) {
  const key = `doubts.reasons.${reason.replace(/[ -]/g, "_")}`;
  return knows(key) ? t(key) : reason;
}

/** The label that the row may have, if it is another one than the data and the model say. */
function suggestionOf(row) {
  return row.suggested === undefined || row.suggested === null || String(row.suggested) === String(row.label)
    ? null
    : row.suggested;
}

/** The near-copy, the rows nearby and the numbers of the reason, folded away. */
function detailsOf(row, labels) {
  const { text, row: other, number: copyNumber, label, ...rest } = row.details ?? {};
  const numbers = Object.entries(rest).filter(([, value]) => typeof value === "number");
  const copy = text === undefined ? null : { row: other, number: copyNumber, text, label };
  if (row.neighbours.length === 0 && numbers.length === 0 && copy === null) return null;
  return el(
    "details",
    {},
    el("summary", { tabindex: -1, text: t("doubts.more", { count: row.neighbours.length }) }),
    numbers.length > 0 &&
      el("p", {
        class: "soft figure",
        text: numbers
          .map(
            ([name, value]) =>
              `${knows(`doubts.details.${name}`) ? t(`doubts.details.${name}`) : name}: ${number(value)}`,
          )
          .join(" · "),
      }),
    copy && [
      el("p", { class: "soft", text: t("doubts.copy") }),
      el("ul", { class: "neighbours" }, nearItem(copy, labels)),
    ],
    row.neighbours.length > 0 && [
      el("p", { class: "soft", text: t("doubts.nearby") }),
      el(
        "ul",
        { class: "neighbours" },
        row.neighbours.map((near) => nearItem(near, labels)),
      ),
    ],
  );
}

function nearItem(near, labels) {
  return el(
    "li",
    {},
    labelName(near.label, placeOf(near.label, labels)),
    " ",
    el("span", { dir: "auto", text: near.text }),
    el("span", { class: "soft figure", text: ` ${t("doubts.row", { row: String(near.number) })}` }),
  );
}
