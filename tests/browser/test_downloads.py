"""What is shown can be kept, and decisions go back into training."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from browser_tools import TEXT, Site, go_to, percent, type_text, wait_until

from recurra.data.read import read_table
from recurra.data.review_decisions import apply_decisions, read_decisions
from recurra.data.row_numbers import RowNumbers

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
    rows = {row["row"]: row for row in site.get("/v1/doubts?model=lstm")["rows"]}
    order = list(rows)
    stage = page.locator(".doubt")
    assert stage.locator(".badge").count() >= 1
    assert "the first row of texts is row 2" in page.locator("main").inner_text()
    stage.focus()
    page.keyboard.press("e")
    wait_until(page, f"document.querySelector('.doubt').dataset.row === '{order[1]}'")
    page.keyboard.press("k")
    wait_until(page, f"document.activeElement.dataset.row === '{order[2]}'")
    page.keyboard.press("2")
    wait_until(page, f"document.querySelector('.doubt').dataset.row === '{order[3]}'")
    page.keyboard.press("k")
    wait_until(page, f"document.querySelector('.doubt').dataset.row === '{order[4]}'")
    # The latest is taken back, and its row shown again.
    page.keyboard.press("u")
    wait_until(page, f"document.querySelector('.doubt').dataset.row === '{order[3]}'")
    wanted = {order[0]: "exclude", order[1]: "keep", order[2]: "relabel"}
    assert (
        f"3 rows of the data decided in all, 3 of them in this list of {len(order)}."
        in page.locator(".progress").inner_text()
    )
    # Decisions are about the rows: another model, which doubts other rows, does not hide them.
    page.get_by_label("Model").select_option("bilstm")
    wait_until(page, "document.querySelector('.progress')?.textContent.startsWith('3 rows of the data decided in all')")
    page.get_by_label("Model").select_option("lstm")
    page.reload()
    stage.wait_for()
    assert stage.locator(".decision").inner_text() == "excluded"
    with page.expect_download() as download:
        page.get_by_role("button", name="Export decisions").click()
    found = read_decisions(download.value.path(), numbers=RowNumbers(2))
    decisions = {one.row: one for one in found}
    assert {row: one.decision for row, one in decisions.items()} == wanted
    # The texts in the file are those of the table, or this would raise.
    cleaned, what = apply_decisions(read_table(folder / "test.csv").corpus, exclude=found, relabel=found)
    assert (len(cleaned), what.excluded) == (119, 1)
    assert decisions[order[2]].label == sorted({"Markets", "Sports", "R&D <i>"})[1]


def test_keys_do_nothing_outside_the_row(visit: Visit) -> None:
    page = visit("doubts")
    page.locator("h1").focus()
    page.keyboard.press("e")
    assert "0 of" in page.locator(".progress").inner_text()


def test_the_service_keeps_decisions_and_two_tabs_do_not_write_over_each_other(
    visit: Visit, serve: Callable[..., Site], folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "decisions.csv"
    # A queue that was found out of fold: its rows come first, as it has them, whatever the model itself doubts.
    file.write_text("number,decision,label,probability,reason\n7,keep,Sports,0.8750,suspected label error\n", "utf-8")
    site = serve("lstm", options=("--data", str(folder / "test.csv"), "--decisions", str(file)))
    one, two = visit("doubts", at=site), visit("doubts", at=site, expected=("409",))
    own = list(dict.fromkeys(row["number"] for row in site.get("/v1/doubts?model=lstm")["rows"]))
    first, second, *_ = [7, *(number for number in own if number != 7)]
    count = len({7, *own})
    assert "The first row is the queue in decisions.csv" in one.locator("section.card .note").first.inner_text()
    assert one.locator(".doubt-head .figure").inner_text() == f"row 7 · 1 of {count}"
    said = one.locator(".doubt-says").inner_text()
    assert "decisions.csv suggests" in said
    assert said.endswith(f"Sports {percent(0.875)}")
    assert "the model says" not in said
    one.get_by_role("button", name="Exclude").click()
    wait_until(one, f"document.querySelector('.doubt').getAttribute('aria-label') === 'row {second}'")
    assert "kept" not in file.read_text()
    assert [(x.row + 2, x.decision) for x in read_decisions(file, numbers=RowNumbers(2))] == [(first, "exclude")]
    # The other tab still shows the row as undecided; it is told, and nothing is written.
    two.get_by_role("button", name="Keep", exact=True).click()
    two.locator(".conflict").wait_for()
    assert two.locator(".doubt .decision").inner_text() == "excluded"
    assert [x.decision for x in read_decisions(file, numbers=RowNumbers(2))] == ["exclude"]
    go_to(one, "reading")
    type_text(one, site.get(f"/v1/row?number={first}")["text"])
    one.locator(".in-file", has_text=f"(row {first}) · excluded").wait_for()
    # Taken back, the row is in the queue again, with its suggestion.
    two.get_by_role("button", name="Undo").click()
    wait_until(two, "document.querySelector('.doubt .decision').textContent === ''")
    assert [(x.row, x.decision, x.label) for x in read_decisions(file, numbers=RowNumbers(2))] == [
        (5, "keep", "Sports")
    ]
    heights = two.locator(".doubt-tools :is(button, select)").evaluate_all("all => all.map(x => x.offsetHeight)")
    assert min(heights) >= 44
