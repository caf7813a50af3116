// Views by the part of the address after #: every view has an address of its own, and the back button works.

/** Views in the order of the navigation, grouped by what they look at. Each is a module, loaded when first opened. */
export const GROUPS = [
  { name: "text", views: ["reading", "gates", "attribution", "compare"] },
  { name: "file", views: ["flags", "states", "doubts", "gradients"] },
  { name: "training", views: ["runs"] },
];

const NAMES = GROUPS.flatMap((group) => group.views);

/** The view that the address names; the first where it names none. */
export function currentView() {
  const name = location.hash.replace(/^#\/?/, "").split("?")[0];
  return NAMES.includes(name) ? name : NAMES[0];
}

export function addressOf(view) {
  return `#/${view}`;
}
