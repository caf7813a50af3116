"""HTML reports in a browser: no page is wider than its window, and paper shows every column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser_tools import LABELS

from recurra.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TEXT = "oil prices rise after the coach of the team says that the new chip of the lab is slow"
# Width of what is printed on A4 between the page's margins, in CSS pixels.
A4 = round((210 - 2 * 12) / 25.4 * 96)
PAGES = (
    "lesson/lesson.html", "many/learning-rate.html", "many-evaluation/evaluation.html", "evaluation/evaluation.html",
    "check/check.html", "reading.html", "flags.html", "states.html", "doubts.html", "gradients.html",
)  # fmt: skip

# Where the page ends, where its window does, and the tables that reach beyond the window.
WIDTHS = """() => {
  const wide = (one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
  const name = (one) => one.closest(".scroll").getAttribute("aria-label");
  return {
    page: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
    beyond: [...document.querySelectorAll("table")].filter(wide).map(name),
  };
}"""


@pytest.fixture(scope="module")
def pages(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page of each kind."""
    out = tmp_path_factory.mktemp("pages")
    lstm, test = str(folder / "runs" / "lstm" / "model.safetensors"), str(folder / "test.csv")
    many, named = out / "many.csv", out / "sets" / "agnews"
    rows = [("label", "text")]
    rows += [(f"a_class_of_a_rather_long_name_{n % 30}", f"word{n % 30} or{n % 7} and{n % 11}") for n in range(300)]
    write(many, rows)
    named.mkdir(parents=True)
    for part in ("train", "test"):
        texts = [(number, words) for number, words in enumerate(LABELS.values(), start=1)] * 20
        write(
            named / f"{part}.csv",
            [
                ("label", "title", "description"),
                *((number, f"the {words.split()[n % 5]}", f"{words} {n}") for n, (number, words) in enumerate(texts)),
            ],
        )
    lesson, run = ["--data-dir", str(named.parent), "--models", "lstm,gru"], ["--no-baseline", "--find-learning-rate"]
    view = ["--rows", "60", "--html"]
    commands = [
        ["lesson", *lesson, "--epochs", "1", "--out", str(out / "lesson")],
        ["train", str(many), "--model", "fast", "--epochs", "4", *run, "--out", str(out / "many")],
        ["evaluate", str(out / "many" / "model.safetensors"), str(many), "--out", str(out / "many-evaluation")],
        ["evaluate", lstm, test, "--out", str(out / "evaluation")],
        ["check", str(many), "--test", str(many), "--out", str(out / "check")],
        ["inspect", lstm, TEXT, "--gates", "--attribution", "--html", str(out / "reading.html")],
        *(
            ["inspect", lstm, "--data", test, "--view", one, *view, str(out / f"{one}.html")]
            for one in ("flags", "states", "doubts", "gradients")
        ),
    ]
    for command in commands:
        assert main([*command, "--quiet"]) == 0
    return out


def write(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def widths(browser: Browser, page: Path, width: int, **options: Any) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    try:
        opened = context.new_page()
        opened.emulate_media(**options)
        opened.goto(page.as_uri())
        found: dict[str, Any] = opened.evaluate(WIDTHS)
    finally:
        context.close()
    return found


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_its_window_nor_than_paper(browser: Browser, pages: Path, name: str) -> None:
    for width in (390, 768, 1280):
        found = widths(browser, pages / name, width)
        assert found["page"] <= found["window"] == width
    # At a desk no table needs to be scrolled; on paper none can be.
    assert found["beyond"] == []
    found = widths(browser, pages / name, A4, media="print")
    assert found == {"page": A4, "window": A4, "beyond": []}


def test_rows_of_the_main_table_are_cards_on_a_phone(browser: Browser, pages: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto((pages / "lesson" / "lesson.html").as_uri())
    table = page.get_by_role("region", name="The networks in numbers")
    assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
    cell = table.locator("td[data-head='Test accuracy']").first
    assert cell.evaluate("one => getComputedStyle(one, '::before').content") == '"Test accuracy"'
    assert cell.bounding_box()["x"] + cell.bounding_box()["width"] <= 390
    context.close()


def test_a_table_that_scrolls_shows_a_shadow_and_takes_the_focus(browser: Browser, pages: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto((pages / "reading.html").as_uri())
    page.get_by_text("Word by word", exact=True).click()
    table = page.get_by_role("region", name="Word by word")
    assert table.evaluate("one => one.scrollWidth > one.clientWidth")
    assert table.evaluate("one => getComputedStyle(one).backgroundAttachment") == "local, local, scroll, scroll"
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert table.evaluate("one => one.scrollLeft") > 0
    # The words stay where they are.
    assert table.locator("tbody th").first.bounding_box()["x"] == table.bounding_box()["x"]
    context.close()
