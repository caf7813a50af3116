// The part of the address after #: the view, and what it shows. Every view has an address of its own, a link shows
// what its sender sees, and nothing after # is ever sent to the service.

/** Views in the order of the navigation, grouped by what they look at. Each is a module, loaded when first opened. */
export const GROUPS = [
  { name: "text", views: ["reading", "gates", "attribution", "compare", "many", "model"] },
  { name: "file", views: ["flags", "states", "doubts", "gradients"] },
  { name: "training", views: ["runs"] },
];

const NAMES = GROUPS.flatMap((group) => group.views);
/** Characters of the text that an address holds; a longer text stays in the tab alone. */
export const LONGEST_TEXT = 2000;
// An address from elsewhere is not read beyond this.
const LONGEST_ADDRESS = 40_000;

/** The view that the address names; the first where it names none. */
export function currentView() {
  const name = location.hash.replace(/^#\/?/, "").split("?")[0];
  return NAMES.includes(name) ? name : NAMES[0];
}

/** The address of a view, with what it is to show: `model`, `text`, `class` and `word`, as far as they are given. */
export function addressOf(view, shown = {}) {
  const { model = null, text = null, class: label = null, word = null } = shown;
  const parts = [
    ["model", model],
    ["class", label],
    ["word", word],
    ["text", text !== null && text.length <= LONGEST_TEXT ? text : null],
  ].filter(([, value]) => value !== null);
  return parts.length ? `#/${view}?${new URLSearchParams(parts)}` : `#/${view}`;
}

/** What the address says is shown; only what is there. */
export function shownInAddress() {
  const query = location.hash.length <= LONGEST_ADDRESS ? location.hash.split("?").slice(1).join("?") : "";
  const given = new URLSearchParams(query);
  const shown = {};
  for (const name of ["model", "text", "class"]) if (given.has(name)) shown[name] = given.get(name);
  if (/^\d{1,6}$/.test(given.get("word") ?? "")) shown.word = Number(given.get("word"));
  return shown;
}

/** Puts what is shown into the address, without opening anything; a new entry of the history where `push` says so. */
export function keepInAddress(shown, { push = false } = {}) {
  const address = addressOf(currentView(), shown);
  if (address === location.hash) return;
  history[push ? "pushState" : "replaceState"](null, "", address);
}
