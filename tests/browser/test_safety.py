"""Text is never markup, and what is not there is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from browser_tools import TEXT, Site, go_to, percent, table, type_text, wait_until, wait_until_drawn

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
MARKUP = "<img src=x onerror=alert(1)> <b>oil</b> &lt;i&gt; <script>alert(2)</script> %{y} $x^2$ </textarea>"


def test_markup_is_shown_as_text(visit: Visit, site: Site) -> None:
    page = visit("reading")
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    # The lesson's tokens have no marks; this is what a tokeniser that keeps them makes the service answer.
    answer = site.post("/v1/read", text="a a a a a a a a", model="lstm")
    words = MARKUP.split()
    answer["tokens"] = [{"text": word, "known": True} for word in words]
    for name in ("probabilities", "evidence"):
        answer[name] = answer[name][:1] * len(words)
    page.route("**/v1/read", lambda route: route.fulfill(json=answer))
    type_text(page, MARKUP)
    assert page.locator(".words .word-text").all_inner_texts() == words
    ticks = page.locator(".chart-x text").all_text_contents()
    # Long ones are cut.
    assert len(ticks) == len(words) + 1
    assert all(word.startswith(tick.removesuffix("…")) for word, tick in zip(words, ticks[1:], strict=True))
    assert ticks[1] == "<img"
    assert page.locator("main :is(img, b, script, i)").count() == 0
    assert page.locator("svg :is(a, image, script)").count() == 0
    assert [row[0] for row in table(page, "Probabilities after every word")][1:] == words
    assert dialogs == []


def test_a_class_that_is_called_like_markup_is_shown_as_it_is_called(visit: Visit) -> None:
    page = visit("reading")
    page.locator(".legend bdi").first.wait_for()
    assert page.locator(".legend bdi").all_inner_texts().count("R&D <i>") == 1
    assert page.locator("main i").count() == 0


def test_without_data_the_page_says_what_to_run(visit: Visit, serve: Callable[..., Site], tmp_path: Path) -> None:
    token = tmp_path / "token.txt"
    token.write_text("a-token-of-sixteen-letters")
    token.chmod(0o600)
    bare = serve("lstm", options=("--token-file", str(token)))
    page = visit("reading", at=bare, expected=("404", "401"))
    page.get_by_label("Token").fill("another-token-of-letters")
    page.keyboard.press("Enter")
    # Refused: the question stands there again, empty.
    wait_until(page, "document.getElementById('token')?.value === ''")
    page.get_by_label("Token").fill("a-token-of-sixteen-letters")
    page.keyboard.press("Enter")
    page.locator(".headline").wait_for()
    wait_until_drawn(page)
    assert "token" not in page.evaluate("JSON.stringify(localStorage)")
    for view, command in (
        ("flags", "--data"),
        ("doubts", "--data"),
        ("gradients", "--data"),
        ("runs", "--runs"),
        ("compare", "recurra serve"),
    ):
        go_to(page, view)
        assert command in page.locator(".command").inner_text()
        assert page.locator(".failed").count() == 0


def test_a_service_that_is_gone_is_said_and_asked_again(visit: Visit) -> None:
    page = visit("reading", expected=("ERR_FAILED",))
    page.route("**/v1/read", lambda route: route.abort())
    page.get_by_label("Text to read").fill("something that was not read before")
    page.locator(".failed").wait_for()
    assert "recurra serve" in page.locator(".failed").inner_text()
    page.unroute("**/v1/read")
    page.get_by_role("button", name="Try again").click()
    page.locator(".headline").wait_for()
    wait_until_drawn(page)


def test_a_late_answer_never_replaces_a_newer_one(visit: Visit, site: Site) -> None:
    page = visit("reading")
    held: list = []

    def hold_first(route) -> None:  # type: ignore[no-untyped-def]
        if "slow" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/read", hold_first)
    field = page.get_by_label("Text to read")
    field.fill("slow oil")
    for _ in range(400):
        if held:
            break
        page.wait_for_timeout(50)
    assert held
    type_text(page, TEXT)
    held[0].fulfill(json=site.post("/v1/read", text="slow oil", model="lstm"))
    page.wait_for_timeout(200)
    assert page.locator(".words .word-text").all_inner_texts() == TEXT.lower().split()


def test_no_words_still_have_an_answer(visit: Visit, site: Site) -> None:
    page = visit("reading")
    type_text(page, "  ")
    start = site.post("/v1/read", text="", model="lstm")["start"]
    assert page.locator(".headline .figure").inner_text() == percent(max(start))
    assert "no word" in page.locator(".empty").inner_text()
