"""The model's network with live values, its card, its confusions with their rows, and the Gates of every cell."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from browser_tools import LABELS, TEXT, Site, go_to, percent, table, type_text, wait_until, wait_until_drawn
from bundles import make_bundle

from recurra.bundle import write_bundle
from recurra.cells import cell_named
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.inspection import confusions
from recurra.runtime import Model

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_network_has_the_shapes_and_what_goes_through_it(visit: Visit, site: Site) -> None:
    page = visit("model")
    page.locator("#choices select").first.select_option("bilstm")
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model="bilstm")
    # The states of two layers in two directions and what is pooled, which pads would change.
    strips = 4 + ("pads" not in answer)
    wait_until(page, f"document.querySelectorAll('.net-strip').length === {strips}")
    info = next(one for one in site.get("/v1/models")["models"] if one["name"] == "bilstm")
    shapes = site.get("/v1/card?model=bilstm")["shapes"]
    shown = page.locator(".net-weights li").all_inner_texts()
    assert shown == [f"{name.split('.')[-1]} {' × '.join(map(str, shape))}" for name, shape in shapes.items()]
    heads = page.locator(".net-head .figure").all_inner_texts()
    assert heads == [
        f"{info['parameters'][part]:,} parameters" for part in ("embedding", "layers.0", "layers.1", "output")
    ]
    words, outputs = len(answer["tokens"]), len(answer["labels"])
    pooled = shapes["W_O"][0]
    sizes = page.locator(".net-out").all_inner_texts()
    assert sizes == [str(words), f"{words} × 8", *[f"{words} × 12"] * 2, str(pooled), str(outputs)]
    assert page.locator(".net .bar .figure").first.inner_text() == percent(max(answer["probabilities"][-1]))
    with page.expect_download() as download:
        page.locator("section.card", has=page.locator(".net")).locator("[data-download=svg]").click()
    picture = ET.parse(download.value.path()).getroot()  # noqa: S314
    texts = ["".join(one.itertext()) for one in picture.iter(f"{SVG}text")]
    assert {*shown[0].split()[:1], *sizes, *(one["text"] for one in answer["tokens"])} <= set(texts)
    images = [one.get("href") or "" for one in picture.iter(f"{SVG}image")]
    assert [one[:22] for one in images] == ["data:image/png;base64,"] * strips
    # The card is the file's own, with the baselines.
    card = page.get_by_role("region", name="Model card").inner_text()
    assert "Baselines on the same rows: accuracy" in card
    assert "It always names one of its classes" in card


def test_cells_of_the_confusion_matrix_open_their_rows(visit: Visit, site: Site) -> None:
    page = visit("model")
    found = site.get("/v1/confusions?model=lstm")
    buttons = page.locator(".matrix button")
    assert [int(text) for text in buttons.all_inner_texts()] == [n for row in found["confusion"] for n in row if n]
    pair = found["confusions"][0]
    assert page.locator(".confusion-pairs li").first.inner_text().startswith(f"{pair['label']} → {pair['predicted']}")
    page.locator(".confusion-pairs button").first.click()
    places = [[one["label"] for one in found["classes"]].index(pair[name]) for name in ("label", "predicted")]
    rows = next(one["rows"] for one in found["cells"] if [one["label"], one["predicted"]] == places)
    items = page.locator(".confusion-list li")
    assert [item.split("\n")[-1] for item in items.all_inner_texts()] == [row["text"] for row in rows]
    line = f"lstm: right on {percent(found['accuracy'])} of the 120 rows of test.csv."
    page.locator(".model-score", has_text=line).wait_for()
    facts = page.get_by_role("region", name="Reliability").locator("dd").inner_text()
    assert facts.startswith(percent(found["ece"]))
    bins = [one for one in found["reliability"] if one["rows"]]
    assert [row[2:] for row in table(page, "Reliability")] == [
        [percent(one["confidence"]), percent(one["accuracy"])] for one in bins
    ]
    items.first.get_by_role("button").click()
    page.wait_for_url("**/#/reading?*")
    assert page.get_by_label("Text to read").input_value() == rows[0]["text"]


def test_decisions_about_a_label_open_their_rows(visit: Visit) -> None:
    model = Model(make_bundle(labels=("a_long_name", "b", "c"), seed=4, thresholds=(0.5, 0.45, 0.6)))
    rows = [("oil prices rise", ("b",)), ("the team wins", ()), ("rome", ("a_long_name", "c")), ("oil", ("c",))]
    texts, labels = zip(*rows, strict=True)
    table_of = Table(list(texts) * 3, list(labels) * 3, "text", None, "label", "rows.csv", row_numbers=RowNumbers(2))
    found = confusions(model, table_of).to_dict()
    page = visit("reading")
    page.route("**/v1/confusions*", lambda route: route.fulfill(json=found))
    go_to(page, "model")
    kinds = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    counts = [one[kind] for one in found["labels"] for kind in kinds]
    buttons = page.locator(".of-labels button")
    assert [int(text) for text in buttons.all_inner_texts()] == [count for count in counts if count]
    wrong = next(one for one in found["cells"] if one["kind"] == "false_negatives")
    label = found["labels"][wrong["label"]]
    page.get_by_role("button", name=f"{label['label']}, False negatives: {label['false_negatives']} rows").click()
    items = page.locator(".confusion-list li > :last-child")
    assert items.all_inner_texts() == [row["text"] for row in wrong["rows"]]
    assert f"{percent(found['subset_accuracy'])} (" in page.locator(".facts").first.inner_text()
    bins = [one for one in found["reliability"] if one["rows"]]
    assert sum(one["rows"] for one in bins) == 3 * found["rows"]
    assert [row[1:] for row in table(page, "Reliability")] == [
        [str(one["rows"]), percent(one["confidence"]), percent(one["accuracy"])] for one in bins
    ]


def test_of_many_classes_one_is_found_with_what_it_is_taken_for(visit: Visit, site: Site) -> None:
    found = site.get("/v1/confusions?model=lstm")
    count = 30
    matrix = [[9 if i == j else 2 if j == (i + 7) % count else 0 for j in range(count)] for i in range(count)]
    found["classes"] = [{**found["classes"][0], "label": f"class {place:02}"} for place in range(count)]
    found["confusion"], found["cells"] = matrix, []
    found["confusions"] = [
        {"label": f"class {i:02}", "predicted": f"class {(i + 7) % count:02}", "rows": 2, "share": 2 / 11}
        for i in range(count)
    ]
    page = visit("reading")
    page.route("**/v1/confusions*", lambda route: route.fulfill(json=found))
    go_to(page, "model")
    assert page.locator(".matrix tbody tr").count() <= 12
    page.get_by_label("Find a class").last.fill("class 20")
    assert page.locator(".confusion-pairs bdi").all_inner_texts() == ["class 13", "class 20", "class 20", "class 27"]
    assert page.locator(".matrix tbody th").all_inner_texts() == ["class 13", "class 20", "class 27"]


def test_gates_of_every_cell_have_names_and_a_sentence(
    visit: Visit, serve: Callable[..., Site], tmp_path: Path
) -> None:
    expected = {
        "sru": ["state h", "memory c", "forget gate f", "reset gate r", "candidate g", "highway input x"],
        "min_gru": ["state h", "update gate z", "candidate ĥ"],
        "min_lstm": ["state h", "input gate i", "forget gate f", "candidate ĥ"],
    }
    for name in expected:
        write_bundle(make_bundle(cell=name, labels=tuple(LABELS)), tmp_path / f"{name}.safetensors")
    site = serve(*(f"{name}={tmp_path / name}.safetensors" for name in expected))
    page = visit("gates", at=site)
    type_text(page, "a team wins")
    for name, kinds in expected.items():
        page.locator("#choices select").first.select_option(name)
        wait_until_drawn(page)
        wait_until(page, f"document.querySelectorAll('.toolbar .segments')[0].children.length === {len(kinds) + 1}")
        assert page.locator(".toolbar .segments").first.locator(".segment").all_inner_texts() == kinds
        assert len(kinds) == len(cell_named(name).gates) + (2 if cell_named(name).cell_state else 1)
        said = set()
        for kind in kinds:
            page.get_by_role("radio", name=kind, exact=True).check(force=True)
            wait_until_drawn(page)
            wait_until(page, f"document.querySelector('.answer h2').innerText.endsWith({json.dumps(': ' + kind)})")
            said.add(page.locator(".answer > p.note").first.inner_text())
        assert len(said) == len(kinds)
