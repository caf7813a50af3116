"""What the tests in a browser share: the service, waiting, and numbers as the page writes them."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

# One label is markup itself: it must be shown, not obeyed.
LABELS = {
    "Markets": "oil shares bank prices profit",
    "Sports": "team match goal coach final",
    "R&D <i>": "chip lab phone code laser",
}
COMMON = "the a of and in after says new"
VIEWS = (
    "reading", "gates", "attribution", "compare", "many", "model", "flags", "states", "doubts", "gradients", "runs",
)  # fmt: skip
TEXT = "Oil prices rise after the coach says new chip"


@dataclass(frozen=True)
class Site:
    """A service that runs: where, and what it answers."""

    address: str

    def get(self, path: str) -> Any:
        """An answer, when it is there."""
        for _ in range(600):
            with urllib.request.urlopen(self.address + path, timeout=60) as answer:  # noqa: S310 - our own service
                if answer.status != 202:
                    return json.load(answer)
            time.sleep(0.1)
        raise AssertionError(f"{path} is still being computed")

    def post(self, path: str, **body: Any) -> Any:
        sent = json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, sent, {"content-type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own service
            return json.load(answer)


def wait_until(page: Page, condition: str) -> None:
    """Waits until a JavaScript expression holds; the page's policy forbids Playwright's own way, an eval."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {condition}\n{page.locator('main').inner_text()[:500]}")


# The view that the address names is open (or a form asks for a token), and nothing is asked or drawn any more.
SETTLED = """(() => {
  const view = location.hash.match(/^#\\/([a-z]+)/)?.[1] ?? "reading";
  return document.querySelector(`main .view-${view}, main form`)
    && !document.querySelector(".waiting, [aria-busy=true]")
    && [...document.querySelectorAll(".chart-canvas")].every((one) => one.querySelector("svg"));
})()"""


def wait_until_drawn(page: Page) -> None:
    """Waits until nothing is asked or drawn any more."""
    wait_until(page, SETTLED)


def go_to(page: Page, view: str) -> None:
    """Opens a view by its address and waits for it."""
    page.evaluate("view => { location.hash = `#/${view}`; }", view)
    wait_until_drawn(page)


def type_text(page: Page, text: str) -> None:
    """Puts a text into the field and waits for its reading."""
    page.get_by_label("Text to read").fill(text)
    # The page asks 30 ms after the last key: its own later timer comes after that on a slow machine too.
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    wait_until_drawn(page)


def percent(value: float, digits: int = 1) -> str:
    """As the page writes a share in English."""
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def signed(value: float, digits: int) -> str:
    """As the page writes a number with its sign."""
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def table(page: Page, name: str) -> list[list[str]]:
    """The cells of a table, row by row, without its head; folded ones are opened."""
    card = page.locator("section.card", has=page.get_by_role("heading", name=name, exact=True))
    summary = card.get_by_text("Show as a table", exact=True)
    if summary.count():
        summary.first.click()
    rows = card.locator("tbody tr")
    rows.first.wait_for()
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]
