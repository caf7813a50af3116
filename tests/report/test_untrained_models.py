"""What is said about a model comes from it: with its weights drawn again, every sentence and every finding changes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from rows import make_rows

from recurra import TextClassifier, inspection
from recurra.data.table import Table
from recurra.networks.initial import initial_weights
from recurra.report.reading_sentences import attribution_sentences, flow_sentences, reading_sentences
from recurra.runtime import Model

TEXT = "the bank and the team win a treaty again"
CELLS = ("simple_rnn", "gru", "lstm")


def table() -> Table:
    documents, labels = make_rows(160, seed=1)
    return Table(documents, labels, "text", "title", "label", "made rows")


@cache
def models(cell: str) -> tuple[Model, Model]:
    """A trained model, and one of its shape that has learned nothing."""
    rows = table()
    options = {
        "cell": cell,
        "masked": True,
        "epochs": 8,
        "batch_size": 8,
        "learning_rate": 0.01,
        "vocabulary_from": "all",
    }
    bundle = TextClassifier(model="lesson/lstm", options=options).fit(rows.documents, rows.labels).model_.bundle
    weights = initial_weights(bundle.network, rows=len(bundle.tensors["embedding"]), classes=4, seed=7)
    return Model(bundle), Model(replace(bundle, tensors=weights))


@pytest.mark.parametrize("cell", CELLS)
def test_the_sentences_of_a_reading(cell: str) -> None:
    trained, untrained = (
        inspection.read(model, TEXT, name="m", gates=True, attribution=True) for model in models(cell)
    )
    said, other = (reading_sentences(reading) for reading in (trained, untrained))
    # The answer and its probability, and the words that speak for it.
    assert said[0] != other[0]
    assert said[2] != other[2]
    assert set(attribution_sentences(trained)).isdisjoint(attribution_sentences(untrained))
    assert trained["layers"][0]["roles"] != untrained["layers"][0]["roles"]
    assert trained["layers"][0]["order"] != untrained["layers"][0]["order"]


@pytest.mark.parametrize("cell", CELLS)
def test_how_far_back_the_gradient_reaches(cell: str) -> None:
    trained, untrained = (inspection.gradients(model, table(), name="m").to_dict()["models"] for model in models(cell))
    assert flow_sentences(trained) != flow_sentences(untrained)


@pytest.mark.parametrize("view", ["flags", "states", "label_issues"])
def test_what_is_found_in_a_file(view: str) -> None:
    quiet: dict[str, Any] = {"say": str} if view == "label_issues" else {}
    trained, untrained = (
        getattr(inspection, view)(model, table(), name="m", **quiet).to_dict() for model in models("lstm")
    )

    def numbers(found: Any) -> Any:
        return {key: value for key, value in found.items() if key not in ("model", "labels", "documents")}

    assert numbers(trained) != numbers(untrained)


def test_who_is_right_where() -> None:
    trained, untrained = models("lstm")
    found = inspection.compare({"trained": trained, "untrained": untrained}, table()).to_dict()
    accuracy = {one["name"]: one["accuracy"] for one in found["models"]}
    assert accuracy["trained"] > 0.9
    assert accuracy["untrained"] < 0.6
    assert found["pairs"][0]["only_a"] > found["pairs"][0]["only_b"]
