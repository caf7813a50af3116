// Whatever is shown can be kept: as JSON or CSV, and pictures as SVG or PNG.

import { el } from "../dom.js";
import { t } from "../i18n.js";

/** Hands a file to the browser. */
function keep(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A file name of letters, digits and hyphens. */
export function fileName(...parts) {
  return (
    parts
      .map((part) =>
        String(part)
          .normalize("NFKC")
          .replace(/[^\p{L}\p{N}]+/gu, "-")
          .replace(/^-+|-+$/g, ""),
      )
      .filter(Boolean)
      .join("-") || "recurra"
  );
}

function button(words, kind, click) {
  return el("button", { type: "button", class: "quiet", data: { download: kind }, text: words, on: { click } });
}

/** A button that keeps a value as JSON; `value` may promise it. */
export function jsonButton(name, value) {
  return button(t("download.json"), "json", async () =>
    keep(`${name}.json`, new Blob([`${JSON.stringify(await value(), null, 1)}\n`], { type: "application/json" })),
  );
}

/** A button that keeps a picture as SVG; `svg` gives its text. */
export function svgButton(name, svg) {
  return button(t("download.svg"), "svg", async () =>
    keep(`${name}.svg`, new Blob([await svg()], { type: "image/svg+xml" })),
  );
}

/** A button that keeps a canvas as PNG. */
export function pngButton(name, canvas) {
  return button(t("download.png"), "png", () => canvas().toBlob((blob) => keep(`${name}.png`, blob), "image/png"));
}

/** A button that keeps text as a file of the given type. */
export function textButton(words, name, text, type) {
  return button(words, name.split(".").at(-1), () => keep(name, new Blob([text()], { type })));
}
