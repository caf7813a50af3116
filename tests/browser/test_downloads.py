"""What is shown can be kept, and decisions go back into training."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from browser_tools import TEXT, Site, type_text

from recurra.data.read import read_table
from recurra.data.review_decisions import apply_decisions, read_decisions

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
SVG = "{http://www.w3.org/2000/svg}"


def kept(page: Page, kind: str, card: str) -> bytes:
    """The bytes of the file that a card's button gives."""
    button = page.locator("section.card", has=page.get_by_role("heading", name=card, exact=True)).locator(
        f"[data-download={kind}]"
    )
    with page.expect_download() as download:
        button.first.click()
    assert download.value.suggested_filename.endswith(f".{kind}")
    return Path(download.value.path()).read_bytes()


def test_a_reading_as_json_and_its_pictures(visit: Visit, site: Site) -> None:
    page = visit("reading")
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model="lstm")
    assert json.loads(kept(page, "json", "Answer")) == answer
    words = ET.fromstring(kept(page, "svg", "Words"))  # noqa: S314
    shown = [one.text for one in words.iter(f"{SVG}text")]
    assert [token["text"] for token in answer["tokens"]] == shown[1::2]
    chart = ET.fromstring(kept(page, "svg", "Probabilities after every word"))  # noqa: S314
    ticks = ["".join(one.itertext()) for one in chart.iter(f"{SVG}text")]
    assert {token["text"] for token in answer["tokens"]} <= set(ticks)


def test_gates_as_png_of_the_picture_that_is_shown(visit: Visit) -> None:
    page = visit("gates")
    png = kept(page, "png", "Layer 1, forward: state h")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    size = page.evaluate("[document.querySelector('canvas').width, document.querySelector('canvas').height]")
    assert [int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")] == size


def test_decisions_by_keyboard_are_what_training_reads(visit: Visit, site: Site, folder: Path) -> None:
    page = visit("doubts")
    rows = site.get("/v1/doubts?model=lstm")["rows"]
    order = list(dict.fromkeys(row["row"] for row in rows))
    page.locator(".doubt").first.focus()
    for key in ("e", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.dataset.row") == str(rows[2]["row"])
    page.keyboard.press("2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("u")
    wanted = {rows[0]["row"]: "exclude", rows[2]["row"]: "relabel"}
    assert f"{len(wanted)} of {len(order)} decided" in page.get_by_text("decided.").inner_text()
    assert page.locator(".doubt").first.locator(".decision").inner_text() == "excluded"
    page.reload()
    page.locator(".doubt").first.wait_for()
    assert page.locator(".doubt").first.locator(".decision").inner_text() == "excluded"
    with page.expect_download() as download:
        page.get_by_role("button", name="Export decisions").click()
    found = read_decisions(download.value.path(), first_row=2)
    decisions = {one.row: one for one in found}
    assert {row: one.decision for row, one in decisions.items()} == wanted
    # The texts in the file are those of the table, or this would raise.
    cleaned, what = apply_decisions(read_table(folder / "test.csv").corpus, exclude=found, relabel=found)
    assert (len(cleaned), what.excluded) == (119, 1)
    assert decisions[rows[2]["row"]].label == sorted({"Markets", "Sports", "R&D <i>"})[1]


def test_keys_do_nothing_outside_the_queue(visit: Visit) -> None:
    page = visit("doubts")
    page.locator("h1").focus()
    page.keyboard.press("e")
    assert "0 of" in page.get_by_text("decided.").inner_text()
