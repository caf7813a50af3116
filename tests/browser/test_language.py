"""English and Japanese."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from browser_tools import VIEWS, go_to, wait_until_drawn

if TYPE_CHECKING:
    from playwright.sync_api import Page

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
KEY = re.compile(
    r"\b(?:page|reading|gates|model|branch|attribution|compare|flags|states|doubts|gradients|runs|roles|card|help|errors|service)\.[a-z_]+"
)


def test_every_view_speaks_japanese_and_shows_no_key(visit: Callable[..., Page]) -> None:
    page = visit("reading")
    page.get_by_label("Language").select_option("ja")
    page.get_by_text("読ませる文章").wait_for()
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.evaluate("document.activeElement.value") == "ja"
    for view in VIEWS:
        go_to(page, view)
        assert JAPANESE.search(page.locator("h1").inner_text()), view
        assert JAPANESE.search(page.title()), view
        texts = page.locator("main").inner_text()
        names = page.evaluate("[...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel).join('\\n')")
        assert not KEY.findall(texts + names), view
        if view == "model":
            # What the program says of the model is in Japanese, and what stays in English says that it is.
            lines = page.locator(".card-sections :is(p, li):not([lang=en])").all_text_contents()
            assert len(lines) > 5
            assert [line for line in lines if not JAPANESE.search(line)] == []
        assert "{" not in texts + names, view


def test_the_language_is_remembered(visit: Callable[..., Page]) -> None:
    page = visit("reading")
    page.get_by_label("Language").select_option("ja")
    page.get_by_text("読ませる文章").wait_for()
    page.reload()
    wait_until_drawn(page)
    assert page.locator("h1").inner_text() == "読解"
    assert page.evaluate("document.documentElement.lang") == "ja"


def test_a_browser_in_japanese_opens_in_japanese(visit: Callable[..., Page]) -> None:
    page = visit("flags", locale="ja-JP")
    assert page.locator("h1").inner_text() == "フラグ"


def test_what_the_service_says_is_in_japanese(visit: Callable[..., Page]) -> None:
    page = visit("reading", locale="ja-JP", expected=("status of 422",))
    page.get_by_label("読ませる文章").fill("oil " * 30_000)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert re.search("文章は [\\d,]+ (?:文字|トークン)で", alert.inner_text())
    said = page.evaluate(
        "import('/static/js/i18n.js').then((words) => ['There was no answer within 30 s. Ask again later, or for fewer "
        "texts at a time.', 'Something else.'].map(words.serviceLine))"
    )
    assert said == ["30 秒以内に答えが出ませんでした。しばらくしてから、もう一度試してください。", "Something else."]


def test_in_english_the_service_s_own_words_stay(visit: Callable[..., Page]) -> None:
    page = visit("reading", expected=("status of 422",))
    page.get_by_label("Text to read").fill("oil " * 30_000)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert re.search("text has [\\d,]+ (?:characters|tokens), and the limit", alert.inner_text())
