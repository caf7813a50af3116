"""The pages of flags, states and doubtful labels: their numbers, in words, tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from parsed_pages import written
from rows import make_rows

from recurra.data.table import Table
from recurra.inspection import flags, label_issues, states
from recurra.report.doubts_page import doubts_page
from recurra.report.flags_page import flags_page
from recurra.report.states_page import WORDS, states_page
from recurra.runtime import Model

LABELS = ("money", "sport", "tech", "world")
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\x00b\ud800"]


@pytest.fixture(scope="module")
def model() -> Model:
    """A network with random weights."""
    return Model(make_bundle(cell="lstm", hidden=6, scale=2.0, labels=LABELS))


@pytest.fixture(scope="module")
def table() -> Table:
    """40 generated rows."""
    documents, labels = make_rows(40)
    return Table(documents, list(labels), "text", "title", "label", "news.csv")


def no_break(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_flags_are_shown_with_their_worth_and_their_words(model: Model, table: Table, check_page: Callable[..., Any]):
    found = flags(model, table, name="m", units=3).to_dict()
    page = check_page(flags_page(found, data_name="news.csv"))
    text = no_break(page.text)
    assert text.startswith("Flags in m Flags in m 40 documents of news.csv")
    assert len(found["units"]) == 3
    for unit in found["units"]:
        assert f"layer 1, forward, unit {unit['unit']}" in text
        assert f"{unit['score']:.3f}" in text
        assert f"{unit['jump']:.2f}" in text
        for phrase in (*unit["on"], *unit["off"]):
            assert f"{phrase['phrase']} ({phrase['count']} of {phrase['of']})" in text
        for example in unit["examples"]:
            assert f"Row {example['row']}: labelled {example['label']} , predicted {example['predicted']} ." in text
    # One frame for each example whose switch is at a word, and the words in their shades.
    examples = [example for unit in found["units"] for example in unit["examples"]]
    classes = [value.split() for value in page.values("class") if value.startswith("word")]
    assert sum("flip" in one for one in classes) == sum(one["flip"] < len(one["tokens"]) for one in examples)
    off = sum(
        (state < unit["threshold"]) == (unit["on_when"] == "above") and state != unit["threshold"]
        for unit in found["units"]
        for one in unit["examples"]
        for state in one["c"]
    )
    assert sum("against" in one for one in classes) == off
    together = found["together"]
    assert f"the first {together['units']} unit" in text
    assert f"accuracy is {100 * together['accuracy_silenced']:.2f} %" in text


def test_a_file_without_flags_makes_a_page(model: Model, table: Table, check_page: Callable[..., Any]):
    found = {**flags(model, table, name="m", units=1).to_dict(), "units": [], "scores": []}
    assert "No unit behaves like a flag" in check_page(flags_page(found, data_name="news.csv")).text


def test_states_are_shown_by_class(model: Model, table: Table, check_page: Callable[..., Any]):
    found = states(model, table, name="m").to_dict()
    page = check_page(states_page(found, data_name="news.csv"))
    text = no_break(page.text)
    for label in LABELS:
        own = [one for one in found["points"] if one["label"] == label]
        x, y = (np.mean([one[axis] for one in own]) for axis in "xy")
        right = np.mean([one["predicted"] == label for one in own])
        assert f"{label} {len(own)} {100 * right:.1f} % {written(x, 3)} {written(y, 3)}" in text
        assert f"{label}: {len(own)} ends, on average at {x:.2f}, {y:.2f}" in text
    for share in found["explained_variance"]:
        assert f"{100 * share:.1f} %" in text
    pictures = [attributes for tag, attributes in page.elements if tag == "svg" and "aria-hidden" not in attributes]
    assert len(pictures) == 2
    # The way of one document of each class.
    drawn = [one for one in found["documents"] if f"(row {one['row']})" in text]
    assert sorted(one["label"] for one in drawn) == list(LABELS)


def test_many_classes_and_long_documents_fit_into_the_pictures(check_page: Callable[..., Any]):
    points = [{"row": n, "label": f"c{n % 9}", "predicted": "c0", "x": n / 9, "y": -n / 9} for n in range(90)]
    document = {
        "row": 0, "text": "w " * 99, "tokens": ["w"] * 99, "path": [[0.1, 0.2]] * 99, "end": [0, 0], "label": "c0",
        "predicted": "c0",
    }  # fmt: skip
    found = {
        "model": "m", "labels": [f"c{n}" for n in range(9)], "fitted_on": 90, "explained_variance": [1.0],
        "start": [0, 0], "documents": [document], "points": points, "notes": [],
    }  # fmt: skip
    text = no_break(check_page(states_page(found, data_name="d.csv")).text)
    assert "Where the documents end; 30 documents of other classes in grey" in text
    assert f"drawn are its first {WORDS} words" in text
    nothing = {**found, "documents": []}
    assert "whose ways are drawn" not in check_page(states_page(nothing, data_name="d.csv")).text


def test_doubts_are_shown_by_reason(model: Model, table: Table, check_page: Callable[..., Any]):
    again = [(title, f"{text} again") for title, text in make_rows(40)[0]]
    train = Table(again, table.labels, "text", "title", "label", "train.csv")
    found = label_issues(model, table, name="m", train=train, top=4).to_dict()
    reasons = {one["reason"] for one in found["rows"]}
    assert {"confident mistake", "near-duplicate"} <= reasons
    html = doubts_page(found, data_name="news.csv")
    sections = dict(part.split('"', 1) for part in html.split('<section id="')[1:])
    rows = {reason: [one["number"] for one in found["rows"] if one["reason"] == reason] for reason in reasons}
    assert sections.keys() == {reason.replace(" ", "-") for reason in reasons}
    for reason, own in rows.items():
        found_rows = re.findall(r'<tr><td [^>]*class="number">(\d+)<', sections[reason.replace(" ", "-")])
        assert [int(row) for row in found_rows] == own
    text = no_break(check_page(html).text)
    for one in found["rows"]:
        said = (
            f"{one['number']} {one['label']} {one['suggested']} {one['predicted']} , {100 * one['probability']:.1f} %"
        )
        assert f"{said} {one['text']}" in text
        if one["reason"] == "near-duplicate":
            copy = one["details"]
            assert f"Similarity {copy['similarity']:.2f} with row {copy['number']} of the training rows" in text
            assert f"{copy['label']} : {copy['text']}" in text
        for near in one["neighbours"]:
            assert f"{near['text']} (row {near['number']}, {near['similarity']:.2f})" in text
    for title, reason in (
        ("Confident mistakes", "confident mistake"),
        ("Suspected label errors", "suspected label error"),
    ):
        assert (title in text) is (reason in reasons)
    assert f"mistakes: {found['counts']['mistakes']};" in text
    assert f"{100 * found['counts']['estimated noise']:.1f} % of the labels" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str, model: Model, table: Table, check_page: Callable[..., Any]):
    def spoiled(value: Any) -> Any:
        """All strings but those that the page looks things up by."""
        if isinstance(value, dict):
            kept = ("reason", "on_when", "direction")
            return {key: one if key in kept else spoiled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [spoiled(one) for one in value]
        return hostile if isinstance(value, str) else value

    check_page(flags_page(spoiled(flags(model, table, name="m", units=2).to_dict()), data_name=hostile))
    check_page(states_page(spoiled(states(model, table, name="m").to_dict()), data_name=hostile))
    check_page(doubts_page(spoiled(label_issues(model, table, name="m", top=2).to_dict()), data_name=hostile))
