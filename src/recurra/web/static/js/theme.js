// Light and dark, and the colours as the page shows them now.

import { remember } from "./storage.js";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const events = new EventTarget();

dark.addEventListener("change", () => events.dispatchEvent(new Event("theme")));

// Paper is white: what is drawn in colours of its own is drawn again for it.
for (const [event, paper] of [
  ["beforeprint", true],
  ["afterprint", false],
])
  window.addEventListener(event, () => {
    document.documentElement.toggleAttribute("data-paper", paper);
    events.dispatchEvent(new Event("theme"));
  });

/** "system", "light" or "dark". */
export function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

export function setTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  remember("theme", name === "system" ? null : name);
  events.dispatchEvent(new Event("theme"));
}

/** Calls when colours change, until the signal ends it. */
export function onTheme(listener, signal) {
  events.addEventListener("theme", listener, { signal });
}

/** Whether the reader asked for less motion. */
export function lessMotion() {
  return calm.matches;
}

let probe = null;

/** A colour of the style sheet (such as "ink") as [red, green, blue], 0 to 255, in the present theme. */
export function colour(name) {
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.setProperty("color", `var(--${name})`);
  return getComputedStyle(probe)
    .color.match(/[\d.]+/g)
    .slice(0, 3)
    .map(Number);
}

/** The same colour as CSS text, for canvases and pictures that leave the page. */
export function css(name, opacity = 1) {
  const [r, g, b] = colour(name);
  return opacity === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${opacity})`;
}

/** A colour between two, share 0 to 1, as CSS text. */
export function between(from, to, share) {
  const s = Math.min(1, Math.max(0, share));
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * s)).join(", ")})`;
}
