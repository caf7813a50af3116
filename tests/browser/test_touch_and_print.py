"""Fingers, focus rings, frames that scroll, and paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from browser_tools import TEXT, VIEWS, go_to, type_text

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]

# What a finger presses in the content and is smaller than 44 px either way.
SMALL = """() => [...document.querySelectorAll("main :is(button, a[href], select, summary)")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 43.9 || box.height < 43.9)
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${Math.round(box.width)} × ${Math.round(box.height)}`)"""

# What can have the focus and whose ring is cut by a frame around it, or that has none.
CUT = """() => {
  const cut = [];
  for (const one of document.querySelectorAll("main :is(button, a[href], select, summary, input, [tabindex='0'])")) {
    if (!one.checkVisibility() || one.tabIndex < 0 || one.disabled) continue;
    one.focus();
    let ring = one.matches(".segment input") ? one.nextElementSibling : one;
    if (one.matches(".heat")) ring = one.closest(".heat-scroll");
    const style = getComputedStyle(ring);
    const reach = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
    const box = ring.getBoundingClientRect();
    if (style.outlineStyle === "none" && !one.matches("textarea")) cut.push(`no ring: ${one.outerHTML.slice(0, 90)}`);
    for (let frame = ring.parentElement; frame !== document.body; frame = frame.parentElement) {
      if (getComputedStyle(frame).overflowX === "visible") continue;
      const room = frame.getBoundingClientRect();
      // A part that is scrolled away is cut for another reason.
      const top = box.top >= room.top && box.top - reach < room.top - 0.5;
      const left = box.left >= room.left && box.left - reach < room.left - 0.5;
      if (top || left) cut.push(`${frame.className} cuts ${one.outerHTML.slice(0, 90)}`);
    }
  }
  return cut;
}"""

# Frames that are wider inside than outside, and do not say so.
SILENT = """() => [...document.querySelectorAll("main .scroll")]
  .filter((one) => one.checkVisibility())
  .filter((one) => one.tabIndex !== 0 || one.getAttribute("role") !== "region" || !one.getAttribute("aria-label")
    || !getComputedStyle(one).backgroundAttachment.includes("local"))
  .map((one) => one.outerHTML.slice(0, 90))"""

LOOKS = {"small": SMALL, "cut": CUT, "silent": SILENT}

# What is cut on paper, and what can only be pressed.
ON_PAPER = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && one.clientWidth > 0)
  .filter((one) => one.matches("button:not(.word, .link, .matrix *), .toolbar, .downloads")
    || (getComputedStyle(one).overflowX !== "visible"
      && !one.matches(".unseen, .bar-track, .bar .label-name, .stack, svg *, svg")
      && (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)))
  .map((one) => one.outerHTML.slice(0, 120))"""


def test_fingers_rings_and_frames_in_every_view(visit: Visit) -> None:
    page = visit("reading", width=390, is_mobile=True, has_touch=True)
    type_text(page, TEXT)
    page.keyboard.press("Tab")
    faults: dict[str, Any] = {}
    for view in VIEWS:
        go_to(page, view)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(100)
        faults |= {f"{view} {name}": page.evaluate(of) for name, of in LOOKS.items()}
    assert {name: found[:6] for name, found in faults.items() if found} == {}


def test_paper_is_light_and_whole(visit: Visit) -> None:
    page = visit("reading", width=718, color_scheme="dark")
    type_text(page, " ".join([TEXT] * 20))
    faults: dict[str, Any] = {}
    for view in VIEWS:
        go_to(page, view)
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.wait_for_timeout(100)
        faults[view] = page.evaluate(ON_PAPER)
        brightness = page.evaluate(
            "(() => { const one = document.createElement('p'); one.style.setProperty('color', 'var(--card)');"
            "document.body.append(one); const { color } = getComputedStyle(one); one.remove(); return color; })()"
        )
        assert brightness == "rgb(255, 255, 255)", view
        if view == "gates":
            canvas, words = page.locator(".heat-canvas").first, len(TEXT.split()) * 20
            assert canvas.evaluate("one => one.height") >= 22 * words
            assert canvas.evaluate("one => one.getBoundingClientRect().right <= innerWidth")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
    assert {view: found[:6] for view, found in faults.items() if found} == {}


def test_marks_of_classes_have_their_colours_in_the_dark(visit: Visit) -> None:
    page = visit("states", color_scheme="dark")
    marks = page.locator(".chart-points")
    seen = marks.evaluate_all("all => all.map((one) => [one.getAttribute('fill'), getComputedStyle(one).stroke])")
    # Three classes, and the one document that is followed.
    assert len({fill for fill, _ in seen}) == 4
    assert {stroke for _, stroke in seen} == {"none"}
