// Starts the page: language, models, navigation, and one view at a time.

import { ApiError, setToken } from "./api.js";
import { el, fill, say } from "./dom.js";
import { LANGUAGES, currentLanguage, preferred, speak, t } from "./i18n.js";
import { accuracyLine, onAccuracy } from "./parts/accuracy.js";
import { colourOnly } from "./parts/labels.js";
import { errorPanel, loadingPanel } from "./parts/notices.js";
import { GROUPS, addressOf, currentView, keepInAddress } from "./router.js";
import { loadModels, onChange, setModel, setText, shown, store, takeFromAddress } from "./store.js";
import { setTheme, theme } from "./theme.js";

const main = document.getElementById("main");
let opened = null;

function select(label, options, chosen, change) {
  const control = el(
    "select",
    { on: { change: () => change(control.value) } },
    options.map(([value, name]) => el("option", { value, text: name, selected: value === chosen })),
  );
  return el("label", { class: "choice" }, el("span", { class: "choice-name", text: label }), control);
}

// Views that are of no single model.
const OF_SEVERAL = ["compare", "gradients", "runs"];
const goodness = el("p", { class: "soft model-score" });

function drawGoodness() {
  goodness.textContent = accuracyLine();
}

function drawFrame() {
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  fill(
    document.getElementById("choices"),
    store.models.length > 0 &&
      select(
        t("page.model"),
        store.models.map(({ name }) => [name, name]),
        store.model,
        (name) => {
          setModel(name);
          keepInAddress(shown(), { push: true });
        },
      ),
    select(t("page.language"), Object.entries(LANGUAGES), currentLanguage(), changeLanguage),
    select(
      t("page.theme"),
      ["system", "light", "dark"].map((name) => [name, t(`page.theme_${name}`)]),
      theme(),
      setTheme,
    ),
  );
  fill(
    document.getElementById("views"),
    GROUPS.map((group) =>
      el(
        "div",
        { class: "view-group" },
        el("h2", { class: "view-group-name", id: `group-${group.name}`, text: t(`groups.${group.name}`) }),
        el(
          "ul",
          { "aria-labelledby": `group-${group.name}` },
          group.views.map((view) =>
            el("li", {}, el("a", { href: addressOf(view), text: t(`${view}.tab`), data: { view } })),
          ),
        ),
      ),
    ),
  );
  markCurrent();
}

function markCurrent() {
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === currentView()) {
      link.setAttribute("aria-current", "page");
      // Inside the strip of a narrow page only; the page itself must not jump.
      const strip = link.closest("nav");
      strip.scrollLeft += link.getBoundingClientRect().left - strip.getBoundingClientRect().left - 16;
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

async function changeLanguage(name) {
  await speak(name, { keep: true });
  drawFrame();
  await open({ moveFocus: false });
  document.querySelectorAll("#choices select")[store.models.length > 0 ? 1 : 0].focus();
}

/** Opens the view that the address names; what the view before still waits for is given up. */
async function open({ moveFocus = true } = {}) {
  opened?.abort();
  opened = new AbortController();
  const { signal } = opened;
  const view = currentView();
  keepInAddress(shown());
  colourOnly(null);
  markCurrent();
  document.title = `${t(`${view}.title`)} · Recurra`;
  const heading = el("h1", { text: t(`${view}.title`), tabindex: -1 });
  const body = el("div", { class: `view view-${view}`, "aria-busy": "true" });
  const lead = el("p", { class: "lead", text: t(`${view}.lead`) });
  fill(main, el("header", { class: "view-head" }, heading, lead, !OF_SEVERAL.includes(view) && goodness), body);
  drawGoodness();
  if (moveFocus) heading.focus();
  try {
    const module = await import(`./views/${view}.js`);
    if (signal.aborted) return;
    const mounted = module.mount(body, signal);
    body.removeAttribute("aria-busy");
    await mounted;
  } catch (error) {
    if (signal.aborted) return;
    body.removeAttribute("aria-busy");
    if (error instanceof ApiError && error.status === 401) askForToken();
    else fill(body, errorPanel(error, { retry: () => open({ moveFocus: false }) }));
  }
}

function askForToken() {
  const field = el("input", { type: "password", autocomplete: "off", required: true, id: "token" });
  const form = el(
    "form",
    {
      class: "notice",
      on: {
        submit: async (event) => {
          event.preventDefault();
          setToken(field.value.trim());
          await start();
        },
      },
    },
    el("h2", { text: t("token.title") }),
    el("p", { text: t("token.about") }),
    el("label", { for: "token", text: t("token.label") }),
    field,
    el("button", { type: "submit", text: t("token.send") }),
  );
  fill(main, form);
  field.focus();
}

async function start() {
  fill(main, loadingPanel(t("page.starting")));
  try {
    await loadModels();
  } catch (error) {
    drawFrame();
    if (error instanceof ApiError && error.status === 401) askForToken();
    else fill(main, errorPanel(error, { retry: start }));
    return;
  }
  drawFrame();
  await open({ moveFocus: false });
}

document.getElementById("skip").addEventListener("click", (event) => {
  // The part after # names the view, so that a link cannot point into the page.
  event.preventDefault();
  main.focus();
});
// By a link, by hand, or back and forward in the history.
window.addEventListener("hashchange", () => {
  const before = store.model;
  takeFromAddress();
  if (store.pending !== null) setText(store.pending);
  store.pending = null;
  if (store.model !== before) drawFrame();
  open();
});
let later = null;
let written = 0;
// Browsers refuse to be told of every key: at once, and then once in so many milliseconds.
const ADDRESS_EVERY = 250;
onChange(["text", "look"], () => {
  clearTimeout(later);
  later = setTimeout(
    () => {
      written = Date.now();
      keepInAddress(shown());
    },
    Math.max(0, written + ADDRESS_EVERY - Date.now()),
  );
});
onChange(["model"], drawGoodness);
onAccuracy(drawGoodness);
onChange(["model"], () => say(t("page.model_now", { model: store.model })));

await speak(preferred());
await start();
