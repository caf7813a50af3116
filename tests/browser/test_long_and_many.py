"""A text of many words, a model of many classes, and work that somebody gives up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from browser_tools import TEXT, Site, percent, type_text
from bundles import make_bundle

from recurra.bundle import write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
LONG = "oil prices rise again as the team wins the match " * 100


def test_a_long_text_flows_and_its_strongest_words_lead_to_their_places(visit: Visit, site: Site) -> None:
    page = visit("reading")
    type_text(page, LONG)
    answer = site.post("/v1/read", text=LONG, model="lstm")
    assert len(answer["tokens"]) == 1000
    assert page.locator(".words.flowing button").count() == 1000
    assert page.locator(".word-figure").count() == 0
    strongest = page.locator(".strongest button")
    assert strongest.count() == 10
    mean = [[change - sum(row) / len(row) for change in row] for row in answer["evidence"]]
    largest = max(range(1000), key=lambda place: max(mean[place]))
    assert strongest.first.locator("bdi").inner_text() == answer["tokens"][largest]["text"]
    strongest.first.click()
    assert page.evaluate("document.activeElement.dataset.place") == str(largest)
    # The answer and the word's numbers are in sight together.
    heights = [page.locator(one).bounding_box() for one in (".headline", ".after", ".words .marked")]
    assert all(box is not None and 0 <= box["y"] < 900 for box in heights)


def test_states_of_a_long_text_are_few_bytes_and_scroll_in_their_frame(visit: Visit, site: Site) -> None:
    page = visit("gates")
    with page.expect_response(lambda one: len(one.request.post_data or "") > len(LONG)) as answered:
        type_text(page, LONG)
    assert len(answered.value.body()) < 300_000
    assert page.evaluate("document.documentElement.scrollHeight") < 2500
    layer = site.post("/v1/read", text=LONG, model="lstm", gates=True)["layers"][0]
    heat = page.get_by_role("application", name="Layer 1, forward: state h")
    heat.focus()
    page.keyboard.press("End")
    # A mouse that takes hold of the words moves them.
    box = heat.locator("canvas").bounding_box()
    assert box is not None
    before = page.locator(".heat-scroll").first.evaluate("one => one.scrollTop")
    page.mouse.move(box["x"] + 20, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 300, steps=2)
    page.mouse.up()
    assert page.locator(".heat-scroll").first.evaluate("one => one.scrollTop") == before - 200
    assert page.locator(".search-tools").first.is_hidden()
    page.keyboard.press("End")
    unit, value = layer["order"][0], layer["h"][-1][layer["order"][0]]
    said = f"match, unit {unit}: {value:+.3f}.".replace("-", "−")
    assert said in page.locator(".readout").first.inner_text()
    # The last word's row has come into sight.
    assert page.evaluate(
        "(() => { const s = document.querySelector('.heat-scroll'); return s.scrollTop + "
        "s.clientHeight >= s.scrollHeight - 8; })()"
    )


@pytest.fixture(scope="module")
def many(serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    path = tmp_path_factory.mktemp("many") / "many.safetensors"
    write_bundle(make_bundle(labels=tuple(f"class {number}" for number in range(77))), path)
    return serve(f"many={path}")


def test_of_many_classes_the_top_five_have_colours_and_others_are_found(visit: Visit, many: Site) -> None:
    page = visit("reading", at=many)
    type_text(page, TEXT)
    reading = many.post("/v1/read", text=TEXT)
    last = reading["probabilities"][-1]
    top = sorted(range(77), key=lambda place: -last[place])
    names = [reading["labels"][place] for place in top]
    shown = page.locator(".legend bdi")
    assert shown.all_inner_texts()[:5] == names[:5]
    colours = page.locator(".legend .mark").evaluate_all("all => all.map((one) => getComputedStyle(one).color)")
    assert len(set(colours)) == len(colours)
    assert "other classes in grey" in page.locator(".legend").inner_text()
    # Probabilities of a few per cent fill their axis.
    assert page.locator(".chart-y text").last.text_content() != percent(1, 0)
    page.get_by_role("combobox", name="Find a class").fill(names[-1])
    assert shown.all_inner_texts()[-1] == names[-1]
    page.get_by_role("button", name=f"Remove {names[-1]}").click()
    assert names[-1] not in shown.all_inner_texts()
    # Paper has room for the first columns, which are the likeliest classes.
    page.get_by_text("Show as a table").click()
    likely = max(range(77), key=lambda place: max(row[place] for row in (reading["start"], *reading["probabilities"])))
    page.set_viewport_size({"width": 718, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    heads = page.locator("thead th:visible").all_inner_texts()
    assert heads[:2] == ["Word", reading["labels"][likely]]
    assert page.locator(".on-paper").inner_text() == f"The first {len(heads)} of 78 columns; a saved file has all."


def test_work_that_takes_long_can_be_cancelled_and_begun_again(visit: Visit) -> None:
    page = visit("reading")
    held: list[Any] = []
    page.route("**/v1/flags*", lambda route: held.append(route))
    page.evaluate("location.hash = '#/flags'")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("heading", name="Cancelled").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Begin again"
    page.unroute("**/v1/flags*")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Units", exact=True).wait_for()
    assert len(held) == 1
