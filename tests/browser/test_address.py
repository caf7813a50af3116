"""The address holds what is shown, rows open in Reading, and examples are the model's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from browser_tools import TEXT, Site, go_to, type_text, wait_until, wait_until_drawn
from bundles import make_bundle

from recurra.bundle import write_bundle
from recurra.data.read import read_table

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]


def shown(page: Page) -> dict[str, list[str]]:
    """What stands in the address behind the view's name."""
    return parse_qs(urlsplit(page.url).fragment.partition("?")[2])


def test_a_link_shows_what_its_sender_sees_and_back_goes_back(visit: Visit, site: Site) -> None:
    page = visit("reading")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    type_text(page, TEXT)
    page.get_by_role("combobox", name="Evidence for").select_option(label="Sports")
    page.locator(".word").nth(2).focus()
    wait_until(page, "location.hash.includes('word=2')")
    wanted = {"model": ["lstm"], "class": ["Sports"], "word": ["2"], "text": [TEXT]}
    assert shown(page) == wanted
    link, said = page.url, page.locator(".after").inner_text()
    page.get_by_label("Model").select_option("bilstm")
    wait_until_drawn(page)
    type_text(page, "another text")
    # The page writes the address a moment after the last key.
    wait_until(page, "location.hash.includes('another')")
    go_to(page, "gates")
    for _ in range(2):
        page.go_back()
        wait_until_drawn(page)
    assert page.get_by_label("Model").input_value() == "lstm"
    assert page.get_by_label("Text to read").input_value() == TEXT
    assert shown(page) == wanted
    page.go_forward()
    wait_until_drawn(page)
    assert page.get_by_label("Model").input_value() == "bilstm"
    assert page.get_by_label("Text to read").input_value() == "another text"
    other = visit("reading?" + link.partition("?")[2])
    assert other.get_by_role("combobox", name="Evidence for").evaluate("one => one.selectedOptions[0].text") == "Sports"
    assert other.locator(".after").inner_text() == said
    # The service is never told.
    assert not any("coach" in url for url in asked)


def test_an_address_holds_no_long_text_and_takes_no_nonsense(visit: Visit) -> None:
    page = visit("reading?model=nobody&class=none&word=99999999&text=oil")
    assert page.get_by_label("Model").input_value() == "lstm"
    assert page.get_by_label("Text to read").input_value() == "oil"
    type_text(page, "oil " * 600)
    wait_until(page, "!location.hash.includes('text=')")
    page.evaluate("location.hash = '#/compare'")
    wait_until_drawn(page)
    assert page.get_by_label("Text to read").input_value() == "oil " * 600


def test_examples_are_rows_and_any_row_opens_in_reading(visit: Visit, site: Site, folder: Path) -> None:
    page = visit("reading")
    documents = read_table(folder / "test.csv").documents
    examples = site.get("/v1/examples?model=lstm")["rows"]
    assert page.locator(".chip").count() == len(examples) > 3
    assert {one["text"] for one in examples} <= set(documents)
    assert page.get_by_label("Text to read").input_value() == examples[0]["text"]
    for view in ("doubts", "states", "compare", "flags"):
        go_to(page, view)
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        button = page.locator(".read-row").first
        number = int(button.get_attribute("aria-label").split()[-1])  # type: ignore[union-attr]
        button.click()
        page.wait_for_url("**/#/reading?*")
        wait_until_drawn(page)
        assert page.get_by_label("Text to read").input_value() == documents[number - 2], view
        page.go_back()
        page.wait_for_url(f"**/#/{view}?*")


def test_without_rows_there_is_an_empty_field_and_no_false_example(
    visit: Visit, serve: Callable[..., Site], tmp_path: Path
) -> None:
    write_bundle(make_bundle(labels=("art", "law")), tmp_path / "bare.safetensors")
    write_bundle(make_bundle(labels=("World", "Sports", "Business", "Sci/Tech")), tmp_path / "news.safetensors")
    page = visit("reading", at=serve(*(f"{name}={tmp_path / name}.safetensors" for name in ("bare", "news"))))
    assert page.get_by_label("Text to read").input_value() == ""
    assert page.locator(".chip").count() == 0
    # The sentences that this page brings are for models of AG News's classes.
    page.get_by_label("Model").select_option("news")
    wait_until_drawn(page)
    assert page.locator(".chip").count() == 4
    assert page.get_by_label("Text to read").input_value().startswith("Oil prices rise")
