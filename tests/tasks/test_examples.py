"""A few rows that show how a model answers: right, wrong and doubtful ones, and what of a record is believed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recurra.tasks import SINGLE_LABEL
from recurra.tasks.examples import LONGEST_TEXT, choose_examples, examples_in

#                 right a  right a  right b  wrong   wrong    doubtful doubtful right b
P_OF_A = np.array([0.99, 0.97, 0.10, 0.95, 0.20, 0.51, 0.48, 0.05, 0.999], dtype=np.float32)
TARGETS = np.array([0, 0, 1, 1, 0, 0, 0, 1, 0])
TEXTS = ["a0", "a1", "b2", "w3", "w4", "d5", "d6", "b7", "x" * (LONGEST_TEXT + 1)]


def choose(count: int) -> list[tuple[str, str]]:
    probabilities = np.stack([P_OF_A, 1 - P_OF_A], axis=1)
    found = choose_examples(SINGLE_LABEL, probabilities, TARGETS, ["a", "b"], TEXTS, count=count)
    assert all(one.text == TEXTS[one.place] for one in found)
    assert all(one.label == "ab"[TARGETS[one.place]] for one in found)
    return [(one.kind, one.text) for one in found]


def test_the_most_confident_of_each_class_the_surest_mistakes_and_the_least_sure() -> None:
    assert choose(2) == [
        ("right", "a0"), ("right", "b7"), ("wrong", "w3"), ("wrong", "w4"), ("doubtful", "d5"), ("doubtful", "d6"),
    ]  # fmt: skip
    assert choose(1) == [("right", "a0"), ("wrong", "w3"), ("doubtful", "d5")]
    assert choose(0) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "good"}, {"text": 3}, {"text": ""}, {"text": "x" * 501}, {"probability": 2.0}, {"probability": "1"},
        {"label": {"a": 1}}, {"answer": [["a"]]},
    ],
)  # fmt: skip
def test_what_a_foreign_model_file_holds_is_believed_only_where_it_is_well_formed(broken: dict[str, Any]) -> None:
    sound = {"kind": "right", "text": "t", "label": "a", "answer": ["a", "b"], "probability": 0.5}
    assert examples_in({"examples": [{**sound, **broken}, sound, {**sound, "more": 1}, 7]}) == [sound, sound]
    assert examples_in({"examples": "x"}) == examples_in({}) == []
    assert len(examples_in({"examples": [sound] * 1000})) == 30
