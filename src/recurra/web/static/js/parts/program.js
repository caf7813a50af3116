// From page to program: the request behind what is on the screen, for a shell and for Python.

import { el, say } from "../dom.js";
import { t } from "../i18n.js";
import { recall } from "../storage.js";
import { onChange } from "../store.js";
import { choice } from "./card.js";

const KINDS = ["curl", "python"];

/**
 * A folded panel with the request as a program.
 * @param {object} options `path` and `request` (gives the body) of the question that the view asks, `signal`.
 */
export function programPanel({ path, request, signal }) {
  let kind = KINDS[0];
  const code = el("code");
  const copy = el("button", { type: "button", text: t("program.copy"), on: { click: () => copied(code, copy) } });
  const panel = el("details", { class: "as-table program" }, el("summary", { text: t("program.title") }));
  const draw = () => {
    if (!panel.open) return;
    copy.textContent = t("program.copy");
    code.textContent = { curl: curlOf, python: pythonOf }[kind](`${location.origin}${path}`, request());
  };
  const kinds = choice(
    t("program.kind"),
    KINDS.map((name) => [name, t(`program.${name}`)]),
    kind,
    (name) => {
      kind = name;
      draw();
    },
  );
  panel.append(
    el("p", { class: "note", text: t("program.note") }),
    el("div", { class: "toolbar" }, kinds, copy),
    el("pre", { class: "command", tabindex: 0 }, code),
  );
  panel.addEventListener("toggle", draw);
  onChange(["text", "model"], draw, signal);
  return panel;
}

/** The file of the token is the reader's: the token itself is written nowhere. */
function needsToken() {
  return recall("token", null, "sessionStorage") !== null;
}

function curlOf(address, body) {
  const token = needsToken() ? ' \\\n  -H "authorization: Bearer $(cat token.txt)"' : "";
  return `curl ${quoted(address)} -H 'content-type: application/json'${token} \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** A word of a shell: nothing in it is expanded. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pythonOf(address, body) {
  const token = needsToken()
    ? ['headers["authorization"] = "Bearer " + open("token.txt", encoding="utf-8").read().strip()']
    : [];
  return [
    "import json",
    "import urllib.request",
    "",
    `body = ${literal(body)}`,
    'headers = {"content-type": "application/json"}',
    ...token,
    `request = urllib.request.Request(${JSON.stringify(address)}, json.dumps(body).encode(), headers)`,
    "with urllib.request.urlopen(request) as answer:",
    "    print(json.load(answer))",
  ].join("\n");
}

/** A literal of Python: of texts and numbers it is that of JSON. */
function literal(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`)
    .join(", ")}}`;
}

async function copied(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Browsers give the clipboard to pages of this machine and of https alone; selected text can always be copied.
    const range = document.createRange();
    range.selectNodeContents(code);
    fillSelection(range);
    if (!document.execCommand("copy")) {
      say(t("program.selected"));
      return;
    }
  }
  button.textContent = t("program.copied");
  say(t("program.copied"));
}

function fillSelection(range) {
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
