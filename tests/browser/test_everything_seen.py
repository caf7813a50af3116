"""Every view at both widths, in both themes and both languages, with few classes and with many, on a long text."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from browser_tools import TEXT, VIEWS, Site, go_to, wait_until_drawn
from bundles import make_bundle

from recurra.bundle import write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]

LONG = " ".join(itertools.islice(itertools.cycle(TEXT.split()), 1000))


@pytest.fixture(scope="module")
def both(serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A model of 2 classes and one of 77, which share these two, with rows that both know."""
    folder = tmp_path_factory.mktemp("both")
    classes = tuple(f"class {number}" for number in range(77))
    write_bundle(make_bundle(labels=classes[:2]), folder / "few.safetensors")
    write_bundle(make_bundle(labels=classes, seed=1), folder / "many.safetensors")
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["label", "text"])
        words = ["oil prices rise again", "the team wins the match", "the team", "prices rise"]
        rows.writerows([classes[place % 2], f"{words[place % 4]} {words[place % 3]} {place}"] for place in range(60))
    (folder / "runs").mkdir()
    options = ("--data", str(folder / "rows.csv"), "--runs", str(folder / "runs"))
    return serve(*(f"{name}={folder / name}.safetensors" for name in ("few", "many")), options=options)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_view_shows_its_answer_everywhere(visit: Visit, both: Site) -> None:
    faults = {}
    # Each of the widths, themes and languages with each of the others.
    for width, scheme, locale in (
        (390, "dark", "ja-JP"),
        (390, "light", "en"),
        (1280, "dark", "en"),
        (1280, "light", "ja-JP"),
    ):
        looks = {"color_scheme": scheme, "locale": locale, "is_mobile": width < 500}
        page = visit("reading", at=both, width=width, expected=("404",), **looks)
        page.locator("#text").fill(LONG)
        page.wait_for_timeout(100)
        wait_until_drawn(page)
        for model, view in itertools.product(("few", "many"), VIEWS):
            if page.locator("#choices select").first.input_value() != model:
                page.locator("#choices select").first.select_option(model)
            go_to(page, view)
            wide = page.evaluate("document.documentElement.scrollWidth")
            failed = page.locator("main .failed").all_inner_texts()
            empty = page.locator("main .card, main .notice").count() == 0
            # These models were never trained, so there is nothing to measure their gradients before.
            failed = [] if view == "gradients" else failed
            if wide > width or failed or empty:
                faults[f"{view} of {model}, {width} px, {scheme}, {locale}"] = (wide, failed, empty)
    assert faults == {}
