"""Every view shows the numbers that the service gave."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser_tools import LABELS, TEXT, Site, go_to, percent, signed, table, type_text, wait_until, wait_until_drawn
from bundles import make_bundle

from recurra.bundle import write_bundle

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., "Page"]

SHARES = "words => words.map(word => word.style.getPropertyValue('--share'))"


@pytest.mark.parametrize("model", ["lstm", "bilstm"])
def test_reading(visit: Visit, site: Site, model: str) -> None:
    page = visit("reading")
    page.get_by_label("Model").select_option(model)
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model=model)
    best = max(answer["probabilities"][-1])
    assert page.locator(".headline").inner_text().split("\n") == [
        "●■▲"[answer["labels"].index(answer["label"])] + answer["label"],
        percent(best),
    ]
    assert page.locator(".badge").first.inner_text() == ("exact" if answer["exact"] else "by prefixes and suffixes")
    assert page.locator(".words .word-text").all_inner_texts() == [token["text"] for token in answer["tokens"]]
    rows = table(page, "Probabilities after every word")
    assert rows[0] == ["before any word", *map(percent, answer["start"])]
    assert rows[1:] == [
        [token["text"], *map(percent, row)]
        for token, row in zip(answer["tokens"], answer["probabilities"], strict=True)
    ]
    assert (
        page.get_by_role("img", name=re.compile("Lines of the class probabilities")).locator(".chart-series").count()
        == 3
    )


def test_labels_are_given_by_their_thresholds(visit: Visit, serve: Callable[..., Site], tmp_path: Path) -> None:
    labels, thresholds = ("art", "law", "war"), (0.001, 0.999, 0.002)
    write_bundle(make_bundle(labels=labels, thresholds=thresholds), tmp_path / "several.safetensors")
    write_bundle(make_bundle(labels=labels), tmp_path / "single.safetensors")
    site = serve(f"several={tmp_path / 'several.safetensors'}", f"single={tmp_path / 'single.safetensors'}")
    # The service has no rows to compare them on.
    page = visit("reading", at=site, expected=("404",))
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model="several")
    last = dict(zip(labels, answer["probabilities"][-1], strict=True))
    given = sorted(("art", "war"), key=lambda label: -last[label])
    shown = [text.split("\n") for text in page.locator(".headline").all_inner_texts()]
    assert [(name[1:], p) for name, p in shown] == [(label, percent(last[label])) for label in given]
    order = sorted(labels, key=lambda label: -last[label])
    marks = page.locator(".bar-threshold").evaluate_all("all => all.map(x => x.style.getPropertyValue('--share'))")
    assert [float(mark) for mark in marks] == pytest.approx([thresholds[labels.index(label)] for label in order])
    assert "reaches the upright stroke" in page.locator("main").inner_text()
    # In a comparison the answer is the same.
    page.goto(f"{site.address}/#/compare")
    wait_until_drawn(page)
    shown = [text.split("\n") for text in page.locator(".card").first.locator(".headline").all_inner_texts()]
    assert [name[1:] for name, _ in shown] == given


def test_evidence_of_one_class_is_the_change_of_its_logit(visit: Visit, site: Site) -> None:
    page = visit("reading")
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model="lstm")
    page.get_by_label("Evidence for").select_option(label="Sports")
    place = answer["labels"].index("Sports")
    wanted = [signed(row[place] - sum(row) / len(row), 1) for row in answer["evidence"]]
    assert page.locator(".words .word-figure").all_inner_texts() == wanted
    others = [label for label in answer["labels"] if label != answer["label"]]
    page.get_by_role("combobox", name="Evidence for").select_option(label=others[0])
    said = page.locator(".evidence-of").inner_text()
    assert others[0] in said
    assert said.endswith(f"not the answer, which is {answer['label']}")
    # Another text is asked about its own answer; the row of the file that it is says its label.
    row = site.get("/v1/row?number=5")
    type_text(page, row["text"])
    assert page.locator(".evidence-of").inner_text() == ""
    assert page.get_by_role("combobox", name="Evidence for").input_value() == ""
    wait_until(page, "!location.hash.includes('class=')")
    same = site.post("/v1/same-rows", text=row["text"])["rows"]
    page.locator(".in-file").first.wait_for()
    shown = [line.replace("\n", "") for line in page.locator(".in-file").all_inner_texts()]
    assert [line.startswith("Label in test.csv: ") for line in shown] == [True] * len(same)
    assert any(row["label"] in line and line.endswith("(row 5)") for line in shown)
    held = next(one for one in site.get("/v1/models")["models"] if one["name"] == "lstm")["record"]["scores"][
        "validation"
    ]
    line = page.locator(".model-score").inner_text()
    assert line == f"lstm: right on {percent(held['accuracy'])} of {held['rows']} rows held out of its training."


def test_gates_by_pointer_and_by_keys(visit: Visit, site: Site) -> None:
    page = visit("gates")
    type_text(page, TEXT)
    layer = site.post("/v1/read", text=TEXT, model="lstm", gates=True)["layers"][0]
    model = site.get("/v1/models")["models"][0]
    assert model["network"]["pooling"] == ["last"]
    assert page.locator(".answers-from").inner_text() == "This model answers from the last state."
    words = [item.partition(" ")[2] for item in page.locator(".units li").all_inner_texts()]
    assert all(re.search(r"stays \d+ words?, half-life ", said) or said == "does nothing here" for said in words)
    page.get_by_role("radio", name="forget gate f").check(force=True)
    wait_until_drawn(page)
    rows = table(page, "Layer 1, forward: forget gate f")
    assert [row[1:] for row in rows] == [[f"{row[unit]:.3f}" for unit in layer["order"]] for row in layer["gates"]["f"]]
    heat = page.get_by_role("application", name="Layer 1, forward: forget gate f")
    heat.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    unit = layer["order"][1]
    assert f"prices, unit {unit}: {layer['gates']['f'][1][unit]:.3f}." in page.locator(".readout").first.inner_text()
    page.get_by_role("radio", name="by number").check(force=True)
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + 30)
    assert (
        f"oil, unit {len(layer['order']) - 1}: {layer['gates']['f'][0][-1]:.3f}."
        in page.locator(".readout").first.inner_text()
    )


def test_attribution(visit: Visit, site: Site) -> None:
    page = visit("attribution")
    type_text(page, TEXT)
    answer = site.post("/v1/read", text=TEXT, model="lstm", attribution=True)
    found = answer["attribution"]
    facts = page.locator(".facts dd").all_inner_texts()
    assert facts[1:] == [f"{found['steps']:,}", percent(found["completeness_error"], 3)]
    assert found["target"] in facts[0]
    rows = page.locator(".bar-table tbody tr").all()
    shown = [row.locator("td.figure").all_inner_texts() for row in rows]
    assert shown == [
        [signed(a, 3), signed(b, 3)] for a, b in zip(found["integrated_gradients"], found["occlusion"], strict=True)
    ]
    # Where the methods name the same word nothing is said of it, and where they do not, which ones.
    first = [1.0] + [0.0] * (len(answer["tokens"]) - 1)
    for other, said in ((first, []), (first[::-1], ["integrated gradients “oil”, occlusion “chip”"])):
        made = {**answer, "attribution": {**found, "integrated_gradients": first, "occlusion": other}}
        body = json.dumps(made) + "\n"
        page.unroute_all()
        page.route(
            "**/v1/read", lambda route, _, body=body: route.fulfill(content_type="application/x-ndjson", body=body)
        )
        page.reload()
        wait_until_drawn(page)
        lines = page.locator(".differing").all_inner_texts()
        assert [line.split(": ")[1].split(". ")[0] for line in lines] == said


def test_comparison_on_a_text_and_on_the_file(visit: Visit, site: Site) -> None:
    page = visit("compare")
    type_text(page, TEXT)
    on_text = site.post("/v1/compare", text=TEXT)
    shown = page.locator(".headline .figure").all_inner_texts()
    assert shown == [percent(max(one["probabilities"][-1])) for one in on_text["models"]]
    on_file = site.get("/v1/compare")
    rows = table(page, "Accuracy")
    assert [row[:2] for row in rows] == [[one["name"], percent(one["accuracy"], 2)] for one in on_file["models"]]
    pair = on_file["pairs"][0]
    counts = page.locator("section.card", has_text="only lstm").locator(".legend .figure").all_inner_texts()
    assert counts == [str(pair[name]) for name in ("both", "only_a", "only_b", "neither")]
    assert len(table(page, "Parts of the rows")) == len(on_file["slices"])
    differ = pair["only_a"] + pair["only_b"]
    assert page.locator("summary", has_text="one is right").inner_text().startswith(f"{differ} row")
    # All rows that neither has right can be reached, some at a time.
    summary = page.locator("summary", has_text="neither")
    assert summary.inner_text().startswith(f"{pair['neither']} row")
    summary.click()
    listed = page.locator("details", has=summary)
    while (more := listed.get_by_role("button", name=re.compile("more$"))).is_visible():
        more.click()
    assert listed.locator("li").count() == pair["neither"] == len(pair["neither_examples"])
    # What is known now is said with the rows that a model doubts: its own mistakes, where another has fewer.
    best = max(one["accuracy"] for one in on_file["models"])
    go_to(page, "doubts")
    for one in on_file["models"]:
        page.get_by_label("Model").select_option(one["name"])
        wait_until(page, f"document.querySelector('.model-right')?.textContent.startsWith('{one['name']} is ')")
        said = page.locator(".model-right").inner_text()
        assert said.startswith(f"{one['name']} is right on {percent(one['accuracy'])} of these 120 rows.")
        assert ("own mistakes; take the model" in said) == (one["accuracy"] < max(best, 0.8))


def test_a_comparison_says_which_model_knows_the_rows_or_lacks_a_label(
    visit: Visit, serve: Callable[..., Site], folder: Path, tmp_path: Path
) -> None:
    classes = tuple(LABELS)
    write_bundle(make_bundle(labels=classes[:2]), tmp_path / "old.safetensors")
    site = serve("lstm", f"old={tmp_path / 'old.safetensors'}", options=("--data", str(folder / "train.csv")))
    page = visit("compare", at=site)
    card = page.locator("section.card", has=page.get_by_role("heading", name="Accuracy", exact=True))
    notes = site.get("/v1/compare")["notes"]
    assert notes[0].startswith("lstm: These are the rows that the model learned from: ")
    assert notes[1].startswith("old does not know a label of ")
    assert [note for note in card.locator("p.note").all_inner_texts() if note in notes] == notes
    page = visit("compare", at=site, locale="ja-JP")
    said = page.locator("p.note").all_inner_texts()
    assert "lstm: モデルはこれらの行から学習しました。スコアは、どれだけよく覚えているかを示します。" in said
    assert any(line.startswith("old は 600 行のうち ") for line in said)
    assert not set(notes) & set(said)


def test_flags(visit: Visit, site: Site) -> None:
    page = visit("flags")
    flags = site.get("/v1/flags?model=lstm")
    rows = table(page, "Units")
    assert [row[3] for row in rows] == [f"{signed(-100 * unit['drop'], 2)} points" for unit in flags["units"]]
    second = flags["units"][1]
    name = f"Unit {second['unit']}, layer 1 {second['direction']}"
    page.get_by_role("button", name=name).click()
    card = page.locator("section.card", has=page.get_by_role("heading", name=name, exact=True))
    assert card.locator(".phrases bdi.quoted").all_inner_texts() == [
        one["phrase"] for one in second["on"] + second["off"]
    ]
    for figure, example in zip(card.locator("figure.example").all(), second["examples"], strict=True):
        assert figure.locator(".word-text").all_inner_texts() == example["tokens"]
        sign = -1 if second["on_when"] == "below" else 1
        past = [sign * (value - second["threshold"]) for value in example["c"]]
        shown = figure.locator(".word-figure").all_inner_texts()
        digits = len(shown[0].partition(".")[2])
        assert shown == [signed(value, digits) for value in past]
        # What is tinted is on, and stronger where the number is larger; what is off is not hatched.
        shares = [float(one) for one in figure.locator(".word").evaluate_all(SHARES)]
        largest = max(abs(round(value, digits)) for value in past)
        assert shares == pytest.approx([max(0, round(value, digits)) / largest for value in past], abs=1e-3)
        assert figure.locator(".against").count() == 0
    # Units that are silenced together are named, and none of them has a score that is shown as 0.
    names = [f"Unit {one['unit']}, layer 1 {one['direction']}" for one in flags["together"]["members"]]
    assert flags["together"]["units"] == len(names) <= sum(unit["score"] >= 0.0005 for unit in flags["units"])
    said = page.locator("main").inner_text()
    assert all(name in said for name in names) if names else "None of these units works like a flag" in said


def test_states_step_by_step(visit: Visit, site: Site) -> None:
    page = visit("states")
    states = site.get("/v1/states?model=lstm")
    axis = page.locator(".chart-x-title").text_content()
    assert percent(states["explained_variance"][0]) in (axis or "")
    document = states["documents"][0]
    page.get_by_label("Word", exact=True).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    x, y = document["path"][1]
    words = f"After “{document['tokens'][1]}”, word 2 of {len(document['tokens'])}: {signed(x, 2)}, {signed(y, 2)}"
    assert page.locator(".readout").inner_text() == words
    assert len(table(page, "Where documents end")) == len(states["points"])


def test_playing_a_document_walks_to_its_end(visit: Visit, site: Site) -> None:
    page = visit("states")
    page.get_by_role("button", name="Play").click()
    last = site.get("/v1/states?model=lstm")["documents"][0]["tokens"][-1]
    page.get_by_role("button", name="Play").wait_for()
    assert page.locator(".sentence .now").inner_text() == last


def test_where_pads_lead_on_the_caption_is_about_the_point_that_is_drawn(visit: Visit, site: Site) -> None:
    states = site.get("/v1/states?model=lstm")
    states["documents"][0]["end"] = [0.5, 0.25]
    page = visit("reading")
    page.route("**/v1/states*", lambda route: route.fulfill(json=states))
    go_to(page, "states")
    assert page.locator(".readout").inner_text() == "At the end (after pads): +0.50, +0.25"
    assert page.locator(".sentence .now").inner_text() == "end (after pads)"
    page.get_by_label("Word", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    x, y = states["documents"][0]["path"][-1]
    assert page.locator(".readout").inner_text().endswith(f"{signed(x, 2)}, {signed(y, 2)}")


def test_gradients(visit: Visit, site: Site) -> None:
    page = visit("gradients")
    flows = [flow for model in ("lstm", "bilstm") for flow in site.get(f"/v1/gradients?model={model}")["models"]]
    rows = table(page, "Half distance")
    assert [row[0] for row in rows] == [flow["name"] for flow in flows]
    halves = [flow["half_distance"] for flow in flows]
    assert [row[3] for row in rows] == [
        "not reached" if half is None else f"{half:.1f}".removesuffix(".0") for half in halves
    ]
    # It is about learning; what is kept while reading stands elsewhere.
    links = page.locator("p.note a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert links == ["#/gates", "#/states"]
    after = flows[1]["rows"]
    half = (len(after) + 1) // 2
    items = page.locator(".confusion-list li > :last-child")
    assert items.all_inner_texts() == [row["text"] for row in after[:half] + after[: half - 1 : -1]]
    page.get_by_role("button", name=f"Read row {after[0]['number']}", exact=True).click()
    page.wait_for_url("**/#/reading?*")
    assert page.get_by_label("Text to read").input_value() == after[0]["text"]


def test_a_model_of_other_labels_does_not_hide_the_gradients_of_the_others(
    visit: Visit, serve: Callable[..., Site], folder: Path, tmp_path: Path
) -> None:
    write_bundle(make_bundle(labels=("art", "law")), tmp_path / "other.safetensors")
    site = serve("lstm", f"other={tmp_path / 'other.safetensors'}", options=("--data", str(folder / "test.csv")))
    page = visit("gradients", at=site, expected=("404",))
    assert {row[0] for row in table(page, "Half distance")} == {"lstm"}
    assert "other is not shown: this file has labels that it does not know." in page.locator("main").inner_text()
    page.get_by_label("Model").select_option("other")
    page.evaluate("location.hash = '#/flags'")
    wait_until_drawn(page)
    assert "test.csv" in page.locator(".failed").inner_text()
    assert str(folder) not in page.locator("main").inner_text()


def test_runs(visit: Visit, site: Site) -> None:
    page = visit("runs")
    runs = site.get("/v1/runs")["runs"]
    rows = table(page, "All runs")
    assert [row[0].strip() for row in rows] == [run["name"] for run in runs]
    best = [
        max(epoch["validation_accuracy"] for epoch in run["epochs"] if epoch["validation_accuracy"]) for run in runs
    ]
    assert [row[3] for row in rows] == [percent(value, 2) for value in best]
    held = [run["scores"]["validation"] for run in runs]
    assert [row[4] for row in rows] == [f"{percent(one['accuracy'], 2)} of {one['rows']}" for one in held]
    assert [row[5] for row in rows] == [run["name"] for run in runs]
    assert page.locator(".chart-series").count() == len(runs)
    page.get_by_role("checkbox").first.uncheck()
    wait_until(page, f"document.querySelectorAll('.chart-series').length === {len(runs) - 1}")


def test_runs_are_grouped_by_rows_smoothed_and_their_settings_compared(visit: Visit, site: Site) -> None:
    runs = site.get("/v1/runs")["runs"]
    first, second = runs[0], {**runs[1], "data": {"data_sha256": "f" * 64}}
    first["epochs"] = [{"epoch": k + 1, "validation_accuracy": value} for k, value in enumerate((0.2, 0.6, 0.4))]
    first["curve"] = second["curve"] = []
    page = visit("reading")
    page.route("**/v1/runs", lambda route: route.fulfill(json={"runs": [first, second]}))
    go_to(page, "runs")
    groups = page.locator(".run-group h3").all_inner_texts()
    assert groups == [f"Rows {first['data']['data_sha256'][:8]}: {first['data']['rows']} rows", "Rows ffffffff"]
    assert page.locator(".legend bdi").all_inner_texts() == [first["name"], second["name"]]
    rows = {name: values for name, *values in table(page, "Differences of settings")}
    assert rows["network.bidirectional"] == [
        str(run["settings"]["network"]["bidirectional"]).lower() for run in (first, second)
    ]
    assert "network.hidden" not in rows
    # An average of weights 1/2 and 1/2, 1/4 and 1/2, …, each divided by its sum.
    means = page.evaluate(
        "import('/static/js/parts/smoothing.js').then((one) => [one.smoothed([0.2, 0.6, 0.4], 0.5), "
        "one.smoothed([0.2, 0.6], 0)])"
    )
    assert means[0] == pytest.approx([0.2, (0.05 + 0.3) / 0.75, (0.025 + 0.15 + 0.2) / 0.875])
    assert means[1] == [0.2, 0.6]
    page.get_by_label("Smoothing").fill("0.5")
    wait_until(page, "document.querySelectorAll('.chart-series').length === 4")
    page.get_by_role("checkbox").first.uncheck()
    wait_until(page, "document.querySelectorAll('.legend bdi').length === 1")
    assert page.get_by_role("heading", name="Differences of settings").count() == 0


def test_curves_grow_while_a_run_goes_on(visit: Visit, site: Site) -> None:
    page = visit("reading")
    run = site.get("/v1/runs")["runs"][0]
    asked: list[int] = []

    def answer(route: Any) -> None:
        asked.append(len(asked) + 1)
        # On a busy machine the page may ask a third time before the test has looked.
        epochs = [{"epoch": k + 1, "validation_accuracy": 0.5 + k / 10} for k in range(min(len(asked), 2))]
        route.fulfill(json={"runs": [{**run, "state": "running", "epochs": epochs, "curve": []}]})

    page.route("**/v1/runs", answer)
    page.get_by_role("link", name="Runs").click()
    page.get_by_text("running", exact=True).wait_for()
    best = page.locator("tbody td.figure").nth(1)
    page.get_by_text(percent(0.6, 2), exact=True).wait_for()
    assert best.inner_text() == percent(0.6, 2)
    assert len(asked) >= 2
    wait_until(page, "document.querySelector('.chart-points').dataset.count === '2'")
