"""Bytes and milliseconds of a visit to the page of ``recurra serve``: first paint, first answer, first chart.

    python benchmarks/page.py                      # into benchmarks/results/page.json; needs Chromium

The model has the shape of the lesson's LSTM and random weights. Each first visit is that of a new browser profile, with
an empty cache, to the address of a sentence in *Reading*; after it the same page is opened again. An answer counts once
its probability stands there, a chart once its lines are drawn, at the frame that shows them. Bytes are what came over
the connection, headers included, and what they are when unpacked. Browser and service share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from scoring import WORDS, write_model
from serving import HERE, Server

from recurra.bench.machine import machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SENTENCE = " ".join(WORDS[place] for place in range(40))
# What is looked for in the page, by what it is called in the result.
SEEN = {"answer": ".answer .headline .figure", "chart": ".answer .chart-svg path"}
WATCH = """
window.seen = {};
new MutationObserver(() => {
  for (const [name, selector] of Object.entries(SEEN)) {
    if (name in window.seen || !document.querySelector(selector)) continue;
    window.seen[name] = null;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.seen[name] = performance.now(); }));
  }
}).observe(document, { childList: true, subtree: true });
"""
FOUND = """() => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sum = (name) => entries.reduce((all, one) => all + one[name], 0);
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return {
    paint: paint.startTime, ...window.seen, requests: entries.length,
    sent: sum("transferSize"), unpacked: sum("decodedBodySize"),
  };
}"""


def visit(page: Page, address: str) -> dict[str, float]:
    """Opens the page, and returns what it took."""
    page.goto("about:blank")
    page.goto(address)
    for _ in range(300):
        page.wait_for_timeout(50)
        found: dict[str, Any] = page.evaluate(FOUND)
        if all(found.get(name) is not None for name in SEEN):
            return found
    sys.exit(f"No answer and chart within 15 s: {found}")


def visits(browser: Browser, address: str) -> tuple[dict[str, float], dict[str, float]]:
    """A first visit, and another one of the same browser profile."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(f"const SEEN = {json.dumps(SEEN)};{WATCH}")
    page = context.new_page()
    first, again = visit(page, address), visit(page, address)
    context.close()
    return first, again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=15)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "page.json")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    browser_path = os.environ.get("RECURRA_CHROMIUM") or shutil.which("chromium")
    if browser_path is None:
        sys.exit("No Chromium on the path: apt-get install chromium, or set RECURRA_CHROMIUM to its path.")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        model = Path(name) / "lstm.safetensors"
        write_model("lesson/lstm", model)
        server = Server("recurra serve", model)
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        version, load = browser.version, os.getloadavg()[0]
        address = f"http://127.0.0.1:{server.port}/#/reading?{urlencode({'text': SENTENCE})}"
        # The first one also starts the browser's own processes.
        visits(browser, address)
        pairs = [visits(browser, address) for _ in range(given.visits)]
        browser.close()
        server.stop()
    result = {
        "command": f"python benchmarks/page.py --visits {given.visits}",
        "visits": given.visits,
        "browser": f"Chromium {version}",
        "load": round(load, 1),
        "machine": machine(),
        **{
            kind: {
                name: {
                    "median": statistics.median(values := [pair[place][name] for pair in pairs]),
                    "lowest": min(values),
                    "highest": max(values),
                }
                for name in pairs[0][place]
            }
            for place, kind in enumerate(("first", "again"))
        },
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    print(f"written: {given.out}")


if __name__ == "__main__":
    main()
