"""Words and units chosen in the heat map are looked for in the file, by keys, by mouse and by finger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from browser_tools import TEXT, Site, type_text, wait_until_drawn
from bundles import make_bundle

from recurra.bundle import write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]


def test_the_service_finds_what_was_chosen_by_keys(visit: Visit, site: Site) -> None:
    page = visit("gates")
    type_text(page, TEXT)
    layer = site.post("/v1/read", text=TEXT, model="lstm", gates=True)["layers"][0]
    page.get_by_role("application", name="Layer 1, forward: state h").focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    units = layer["order"][:2]
    held = {unit: [row[unit] for row in layer["h"][1:4]] for unit in units}
    below = [unit for unit in units if sum(held[unit]) < 0]
    assert "Words 2 to 4: prices rise after" in page.locator(".search-tools").inner_text()
    signs = [f"Unit {unit} {'−' if unit in below else '+'} ×" for unit in units]
    assert page.locator(".search .chip").all_inner_texts() == signs
    slider = page.get_by_label("On above")
    slider.evaluate("one => { one.value = 0.05; one.dispatchEvent(new Event('input')); }")
    threshold = float(slider.input_value())
    page.get_by_label("Words at least").fill("2")
    page.get_by_label("all off just before").check()
    page.get_by_role("combobox", name="First").select_option("strength")
    page.get_by_role("button", name="Search the file").click()
    page.locator(".search [role=status]", has_text="have this pattern").wait_for()
    asked = {"units": units, "below": below, "threshold": threshold, "words": 2, "off_before": True}
    found = site.post("/v1/search-states", **asked, order="strength")
    assert f"{found['found']} of 120 sentences have this pattern." in page.locator(".search").inner_text()
    shown = [one.locator("mark").all_inner_texts() for one in page.locator(".found > li").all()]
    assert shown == [
        [" ".join(one["tokens"][first:end]) for first, end in sorted(one["spans"])] for one in found["matches"]
    ]
    if found["matches"]:
        page.get_by_role("button", name=f"Read row {found['matches'][0]['number']}", exact=True).click()
        page.wait_for_url("**/#/reading?*")
        wait_until_drawn(page)
        assert page.get_by_label("Text to read").input_value().split() == found["matches"][0]["tokens"]


def test_a_mouse_and_a_finger_choose_and_without_rows_it_says_how_to_start(
    visit: Visit, serve: Callable[..., Site], tmp_path: Path
) -> None:
    write_bundle(make_bundle(labels=("art", "law")), tmp_path / "bare.safetensors")
    site = serve(f"bare={tmp_path / 'bare.safetensors'}")
    page = visit("gates", at=site, expected=("404",))
    type_text(page, TEXT)
    box = page.locator(".heat-canvas").bounding_box()
    assert box is not None
    right, top = box["x"] + box["width"] - 8, box["y"] + 22
    page.mouse.move(right, top + 30)
    page.mouse.down()
    page.mouse.move(right - 40, top + 80, steps=3)
    page.mouse.up()
    assert "Words 2 to 4: prices rise after" in page.locator(".search-tools").inner_text()
    assert page.locator(".search .chip").count() == 2
    page.get_by_role("button", name="Search the file").click()
    page.locator(".search .notice.empty").wait_for()
    assert page.locator(".search .command").inner_text() == "recurra serve bare.safetensors --data test.csv"
    page = visit("gates", at=site, width=390, is_mobile=True, has_touch=True)
    type_text(page, TEXT)
    canvas = page.locator(".heat-canvas")
    canvas.tap(position={"x": 120, "y": 22 + 30})
    assert "Words 2 to 2: prices" in page.locator(".search-tools").inner_text()
    page.get_by_role("button", name="Choose by finger").tap()
    assert canvas.evaluate("one => getComputedStyle(one).touchAction") == "none"
