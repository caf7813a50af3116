// Mistakes and doubts: one row after another to look at again and to decide about, by keys or by touch.

import { get } from "../api.js";
import { el, fill, say } from "../dom.js";
import { number, percent, serviceLine, t } from "../i18n.js";
import { isBeaten } from "../parts/accuracy.js";
import { card, picker } from "../parts/card.js";
import { copySuspect } from "../parts/copy-suspect.js";
import { decisionsFor } from "../parts/decisions.js";
import { decisionWords, detailsOf, queueFirst, reasonName, saysOf, uniqueRows } from "../parts/doubted-row.js";
import { fileName, jsonButton, textButton } from "../parts/download.js";
import { fromData } from "../parts/from-data.js";
import { labelName } from "../parts/label-name.js";
import { placeOf } from "../parts/labels.js";
import { emptyPanel, errorPanel, loadingPanel } from "../parts/notices.js";
import { readButton } from "../parts/open-row.js";
import { store } from "../store.js";

// How many rows of each reason there are, shown or not, as the service calls it.
const TOTALS = {
  "confident mistake": "mistakes",
  "suspected label error": "suspected label error",
  "near-duplicate": "near-duplicate",
};
// Characters of a row in the list of all, and of the one that is shown.
const SHORT = 90;
const MOST = 4000;
// A model that is right on less of the rows doubts many because it errs itself.
const OFTEN_RIGHT = 0.8;

export function mount(body, signal) {
  return fromData(body, { path: "/v1/doubts", draw: ([doubts], lifetime) => draw(body, doubts, lifetime), signal });
}

async function draw(body, doubts, signal) {
  fill(body, loadingPanel(t("page.asking")));
  try {
    const [decisions, queue] = await Promise.all([decisionsFor(signal), get("/v1/queue", { signal })]);
    if (signal.aborted) return;
    if (doubts.rows.length + queue.rows.length > 0) review(body, doubts, queue, decisions, signal);
    else fill(body, emptyPanel(t("doubts.none"), t("doubts.none_about")));
  } catch (error) {
    if (!signal.aborted) fill(body, errorPanel(error));
  }
}

function review(body, doubts, queue, decisions, signal) {
  const labels = store.models.find(({ name }) => name === doubts.model)?.classes ?? [
    ...new Set(doubts.rows.flatMap((row) => [row.label, row.predicted])),
  ];
  const all = queueFirst(queue.rows, uniqueRows(doubts.rows));
  const keyed = Math.min(9, labels.length);
  // Few labels keep their keys; of many, each row has the most probable ones for it.
  const keyLabels = () => ((labels.length > 9 && rows[here].likely) || labels).slice(0, keyed);
  let rows = all;
  let here = 0;
  // What was decided here, the latest last, with what was there before.
  const made = [];

  const bar = el("progress", { max: all.length, value: 0, "aria-label": t("doubts.decided_rows") });
  const progress = el("p", { class: "note", role: "status" });
  const stage = el("div", { class: "doubt", role: "group", tabindex: 0, on: { keydown }, signal });
  const list = el("ol", { class: "queue" });
  const keys = el("ol", { class: "units label-keys" });

  function button(words, name, click, properties = {}) {
    return el("button", { type: "button", text: words, data: { decision: name }, on: { click }, ...properties });
  }

  function drawRow({ notice = null } = {}) {
    const row = rows[here];
    const now = decisions.of(row.number);
    const relabel = el(
      "select",
      {
        "aria-label": t("doubts.new_label", { row: row.number }),
        on: { change: () => decide({ decision: "relabel", label: relabel.value }) },
      },
      el("option", { value: "", text: t("doubts.relabel"), disabled: true, selected: now?.decision !== "relabel" }),
      labels.map((label) => {
        const selected = now?.decision === "relabel" && now.label === String(label);
        return el("option", { value: String(label), text: String(label), selected });
      }),
    );
    const pressed = (name) => ({ "aria-pressed": String(now?.decision === name) });
    stage.dataset.row = row.row;
    stage.dataset.decided = now?.decision ?? "";
    stage.setAttribute("aria-label", t("doubts.row", { row: String(row.number) }));
    fill(
      stage,
      el(
        "div",
        { class: "doubt-head" },
        el("span", {
          class: "figure soft",
          text: `${t("doubts.row", { row: String(row.number) })} · ${t("doubts.place", { place: here + 1, count: rows.length })}`,
        }),
        row.reasons.map((reason) => el("span", { class: "badge", text: reasonName(reason) })),
        readButton(row.number, { model: doubts.model }),
        el("span", { class: "decision", text: decisionWords(now) }),
      ),
      notice && el("p", { class: "conflict", role: "alert", text: notice }),
      textOf(row),
      saysOf(row, labels, decisions.file),
      el(
        "div",
        { class: "doubt-tools" },
        button(t("doubts.keep"), "keep", () => decide({ decision: "keep", label: "" }), pressed("keep")),
        button(t("doubts.exclude"), "exclude", () => decide({ decision: "exclude", label: "" }), pressed("exclude")),
        row.suggested !== null &&
          button(t("doubts.as_suggested", { label: String(row.suggested) }), "suggested", suggested),
        relabel,
        button(t("doubts.undo"), "undo", undo, { disabled: made.length === 0 && now === null }),
      ),
      el(
        "div",
        { class: "doubt-tools" },
        button(t("doubts.previous"), "previous", () => go(here - 1), { disabled: here === 0 }),
        button(t("doubts.next"), "next", () => go(here + 1), { disabled: here === rows.length - 1 }),
        button(t("doubts.next_open"), "open", () => go(nextOpen()), { disabled: nextOpen() === null }),
      ),
      copySuspect(row),
      detailsOf(row, labels),
    );
    fill(
      keys,
      keyLabels().map((label, place) =>
        el("li", {}, el("kbd", { text: place + 1 }), " ", labelName(label, placeOf(label, labels))),
      ),
    );
    drawProgress();
  }

  /** The text, which the queue has cut, and as soon as the service has given it all of it. */
  function textOf(row) {
    const text = el("p", { class: "doubt-text", dir: "auto", text: row.text });
    if (row.text.endsWith("…") && !row.whole) {
      row.whole = true;
      get("/v1/row", { query: { number: row.number, model: doubts.model }, signal }).then(
        ({ text: whole }) => {
          if (whole.length > row.text.length) row.text = whole.length > MOST ? `${whole.slice(0, MOST)} …` : whole;
          text.textContent = row.text;
        },
        // What is there of it stays.
        () => {},
      );
    }
    return text;
  }

  function drawProgress() {
    const decided = all.filter((row) => decisions.of(row.number) !== null).length;
    bar.value = decided;
    const where = decisions.file === null ? t("doubts.in_browser") : t("doubts.in_file", { file: decisions.file });
    progress.textContent = `${t("doubts.progress", { count: decisions.count(), here: decided, all: all.length })} ${where}`;
    for (const [place, item] of [...list.children].entries()) {
      item.querySelector(".decision").textContent = decisionWords(decisions.of(rows[place].number));
      item.classList.toggle("chosen", place === here);
    }
  }

  /** The next row that is not decided, after this one or from the beginning. */
  function nextOpen() {
    const order = [...rows.keys()].map((place) => (place + here + 1) % rows.length);
    return order.find((place) => place !== here && decisions.of(rows[place].number) === null) ?? null;
  }

  function go(place) {
    if (place === null) return;
    here = Math.min(rows.length - 1, Math.max(0, place));
    drawRow();
    stage.focus({ preventScroll: true });
  }

  async function put(row, wanted) {
    const answer = await decisions.set(row, wanted);
    if (signal.aborted) return false;
    const words = wanted === null ? t("doubts.undone") : decisionWords(wanted);
    const notice = answer.conflict
      ? t("doubts.conflict")
      : answer.kept
        ? null
        : `${t("doubts.not_kept")} ${answer.line ?? ""}`.trim();
    say(`${t("doubts.row", { row: String(row.number) })}: ${notice ?? words}`);
    if (notice !== null) {
      here = Math.max(0, rows.indexOf(row));
      drawRow({ notice });
      stage.focus({ preventScroll: true });
    }
    return answer.kept;
  }

  async function decide(wanted) {
    const row = rows[here];
    const before = decisions.of(row.number);
    if (!(await put(row, wanted))) return;
    made.push({ row, before });
    // Somebody may have moved on while the service wrote.
    if (rows[here] === row) go(here + 1);
    else drawProgress();
  }

  function suggested() {
    const { suggested: label } = rows[here];
    if (label !== null) decide({ decision: "relabel", label: String(label) });
  }

  /** Takes the latest decision back and shows its row; where none was made here, that about this row. */
  async function undo() {
    const last = made.at(-1) ?? { row: rows[here], before: null };
    if (decisions.of(last.row.number) === null && last.before === null) return;
    if (!(await put(last.row, last.before))) return;
    made.pop();
    const place = rows.indexOf(last.row);
    if (place < 0) drawProgress();
    else go(place);
  }

  function keydown(event) {
    // Only while the row has the focus, and never while a list to choose from is open in it.
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const digit = Number(event.key);
    const actions = {
      k: () => decide({ decision: "keep", label: "" }),
      e: () => decide({ decision: "exclude", label: "" }),
      r: () => stage.querySelector("select").focus(),
      u: undo,
      s: suggested,
      n: () => go(nextOpen()),
      j: () => go(here + 1),
      ArrowDown: () => go(here + 1),
      ArrowUp: () => go(here - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
    };
    const action =
      Number.isInteger(digit) && digit >= 1 && digit <= keyed
        ? () => decide({ decision: "relabel", label: String(keyLabels()[digit - 1]) })
        : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  function drawList(reason) {
    rows = all.filter((row) => reason === "" || row.reasons.includes(reason));
    here = 0;
    fill(
      list,
      rows.map((row, place) =>
        el(
          "li",
          {},
          el("button", {
            type: "button",
            class: "link",
            text: `${t("doubts.row", { row: String(row.number) })}: ${row.text.slice(0, SHORT)}${row.text.length > SHORT ? "…" : ""}`,
            on: { click: () => go(place) },
          }),
          " ",
          el("span", { class: "decision" }),
        ),
      ),
    );
    drawRow();
  }

  // Another tab may have decided meanwhile.
  window.addEventListener(
    "focus",
    () =>
      decisions.refresh().then(
        () => signal.aborted || drawRow(),
        () => {},
      ),
    { signal },
  );

  const reasons = [...new Set(all.flatMap((row) => row.reasons))];
  const options = [
    ["", `${t("doubts.all")} (${number(all.length)})`],
    ...reasons.map((name) => {
      const count = all.filter((row) => row.reasons.includes(name)).length;
      // The service's own total says nothing of rows that came from elsewhere.
      const total = (queue.rows.length === 0 && doubts.counts?.[TOTALS[name]]) || count;
      const words = total > count ? t("doubts.of", { count, all: total }) : number(count);
      return [name, `${reasonName(name)} (${words})`];
    }),
  ];
  const file = decisions.file ?? `${fileName("decisions", doubts.model)}.csv`;
  fill(
    body,
    card(t("doubts.queue"), {
      note: queueNote(queue, doubts.model, decisions.file),
      help: "doubts",
      tools: picker(t("doubts.reason"), options, "", drawList),
      body: [
        el("p", { class: "note model-right", text: rightLine(doubts, queue) }),
        el("div", { class: "progress" }, bar, progress),
        stage,
        keysOf(keyed),
        el("details", { class: "as-table for-keys" }, el("summary", { text: t("doubts.labels") }), keys),
        el("details", { class: "as-table" }, el("summary", { text: t("doubts.all_rows") }), list),
        el("p", {
          class: "note",
          text: [
            Number.isInteger(doubts.first_row) && t("doubts.numbers", { first: String(doubts.first_row) }),
            store.models.length > 1 && t("doubts.which_model"),
          ]
            .filter(Boolean)
            .join(" "),
        }),
        (doubts.notes ?? []).map((note) => el("p", { class: "note", text: serviceLine(note) })),
      ],
      downloads: [
        decisions.csv && textButton(t("doubts.export"), file, () => decisions.csv(), "text/csv"),
        jsonButton(fileName("doubts", doubts.model), () => doubts),
      ].filter(Boolean),
    }),
    el("p", { class: "note", text: t("doubts.use") }),
    el(
      "pre",
      { class: "command", tabindex: 0 },
      el("code", {
        text: ["recurra train DATA", decisions.columns, `--exclude ${file} --relabel ${file} --out runs/again`]
          .filter(Boolean)
          .join(" "),
      }),
    ),
  );
  drawList("");
}

/** How often the model is right on the rows, and whether it doubts many of them by its own mistakes. */
function rightLine({ model, counts }, queue) {
  const right = 1 - counts.mistakes / counts.rows;
  const own = right < OFTEN_RIGHT || isBeaten(model, right);
  return [
    t("doubts.right", { model, share: percent(right), rows: number(counts.rows) }),
    // Rows of a queue are suggested by what made the queue.
    own && queue.rows.length === 0 && t(store.models.length > 1 ? "doubts.own_mistakes" : "doubts.own_mistakes_alone"),
  ]
    .filter(Boolean)
    .join(" ");
}

/** Where the first rows come from, if the service was given a queue. */
function queueNote({ rows, more }, model, file) {
  if (rows.length === 0) return null;
  const left = more > 0 ? ` ${t("doubts.queue_more", { count: more })}` : "";
  return t("doubts.queued", { count: rows.length, file, model }) + left;
}

/** The keys, for those who have some. */
function keysOf(keyed) {
  const keys = [
    ["j", "next"],
    ["↑", "previous"],
    ["n", "next_open"],
    ["k", "keep"],
    ["e", "exclude"],
    ["r", "relabel"],
    ["s", "suggested"],
    [`1–${keyed}`, "relabel_as"],
    ["u", "undo"],
  ];
  return el(
    "div",
    { class: "for-keys" },
    el("p", { class: "note", text: t("doubts.about") }),
    el(
      "dl",
      { class: "keys" },
      keys.map(([key, words]) =>
        el("div", {}, el("dt", {}, el("kbd", { text: key })), el("dd", { text: t(`doubts.keys.${words}`) })),
      ),
    ),
  );
}
