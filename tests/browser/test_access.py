"""Keyboard, screen reader, contrast, phones, and motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from browser_tools import TEXT, VIEWS, go_to, type_text, wait_until, wait_until_drawn

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.innerText || document.activeElement.id")
    return text


def test_the_keyboard_reaches_everything_in_order(visit: Visit) -> None:
    page = visit("reading")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    assert page.locator("#skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert "#/reading" in page.url
    page.keyboard.press("Tab")
    assert focused(page) == "text"
    # The examples, the button that keeps the answer, the class whose evidence is shown, how to read it, then the words.
    for _ in range(page.locator(".chip").count() + 4):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.place") == "0"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.place") == "1"
    assert "After word 2 of" in page.locator(".after").inner_text()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.place") == str(page.locator(".words button").count() - 1)
    # One stop for all words: the next one is beyond them.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.words')") is None


def test_tab_visits_every_link_and_control_once(visit: Visit) -> None:
    page = visit("reading")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, select, textarea, input, summary, [tabindex='0']")]
        .filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length"""
    )
    seen = set()
    for step in range(wanted):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("() => (document.activeElement.dataset.step ??= crypto.randomUUID())"))
        assert page.evaluate("document.activeElement.checkVisibility()"), step
    assert len(seen) == wanted > 15


def test_a_view_that_opens_takes_the_focus_and_names_itself(visit: Visit) -> None:
    page = visit("reading")
    page.get_by_role("link", name="Flags").press("Enter")
    page.wait_for_url("**/#/flags?*")
    wait_until_drawn(page)
    # The view's first answer may be there before its heading has the focus.
    wait_until(page, "document.activeElement.tagName === 'H1' && document.activeElement.innerText === 'Flags'")
    assert page.title() == "Flags · Recurra"
    assert page.locator("[aria-current=page]").inner_text() == "Flags"
    page.go_back()
    page.wait_for_url("**/#/reading?*")
    wait_until_drawn(page)
    assert page.locator("h1").inner_text() == "Reading"


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def test_no_view_has_a_fault_that_axe_finds(visit: Visit, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: pip install 'recurra[dev]'")
    page = visit("reading", color_scheme=scheme, reduced_motion="reduce")
    type_text(page, TEXT)
    faults: dict[str, Any] = {}
    for view in VIEWS:
        go_to(page, view)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(100)
        found = axe.Axe().run(page).response["violations"]
        faults |= {f"{view}: {one['id']}": [node["html"][:200] for node in one["nodes"]] for one in found}
    assert faults == {}


def test_dark_is_dark_and_the_choice_is_remembered(visit: Visit) -> None:
    def brightness(page: Page) -> float:
        value: float = page.evaluate(
            "Math.max(...getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number))"
        )
        return value

    page = visit("reading", color_scheme="dark")
    assert brightness(page) < 60
    line = page.locator(".chart-line").first
    dark = line.get_attribute("stroke")
    page.get_by_label("Theme").select_option("light")
    wait_until(page, f"document.querySelector('.chart-line').getAttribute('stroke') !== {dark!r}")
    assert brightness(page) > 200
    page.reload()
    wait_until_drawn(page)
    assert brightness(page) > 200
    page.get_by_label("Theme").select_option("system")
    assert brightness(page) < 60


def test_a_phone_needs_no_scrolling_sideways(visit: Visit) -> None:
    page = visit("reading", width=390, is_mobile=True, has_touch=True)
    type_text(page, f"{TEXT} {'x' * 200}")
    wide = {}
    for view in VIEWS:
        go_to(page, view)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.wait_for_timeout(100)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[view] = width
    assert wide == {}


def test_nothing_moves_by_itself_for_those_who_ask_for_less_motion(visit: Visit) -> None:
    page = visit("states", reduced_motion="reduce")
    assert page.get_by_role("button", name="Play").count() == 0
    page.get_by_label("Word", exact=True).press("Home")
    assert "word 1 of" in page.locator(".readout").inner_text()
    moving = page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length")
    assert moving == 0
