"""Why gradients vanish: the numbers are those measured, and what training did is only claimed where it is seen."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_readings import flow

from recurra.lesson.gradient_sentences import gradient_sentences


def pair(name: str, cell: str, early: float, late: float, **changes: Any) -> list[Any]:
    """A network whose norm falls by one factor a step before training, and by another after."""
    return [
        {**flow(name, when, fade, **changes), "cell": cell, "pads": None}
        for when, fade in (("before training", early), ("after training", late))
    ]


@pytest.mark.parametrize(("late", "left", "reasons"), [(0.8, "1.2", True), (0.97, "54", False), (1.05, "265", False)])
def test_a_simple_rnn_before_and_after(late: float, left: str, reasons: bool) -> None:
    said, _ = gradient_sentences(pair("lesson/simple-rnn-masked", "simple_rnn", 0.98, late))
    # 0.98 ** 20
    expected = f"In simple-rnn-masked, 67\xa0% is left 20\xa0steps back before training, and {left}\xa0% after it."
    assert expected in said
    assert ("Possible reasons, which were not measured" in said) is reasons


@pytest.mark.parametrize(("late", "left"), [(0.9, "12\xa0%"), (0.5, "less than 0.001\xa0%")])
def test_a_gru_starts_half_open(late: float, left: str) -> None:
    said, _ = gradient_sentences(pair("lesson/gru", "gru", 0.5, late))
    assert said.endswith(
        "In gru, 50\xa0% is left 1\xa0step back and less than 0.001\xa0% 20\xa0steps back before training, and "
        f"{left} there after it."
    )


def test_more_than_the_gate_alone_would_leave_has_a_reason() -> None:
    said, _ = gradient_sentences(pair("lesson/gru", "gru", 0.6, 0.6))
    # 0.6 ** 20 is 0.0037 %, and 2 ** 20 is 1,048,576.
    assert "0.0037\xa0% 20\xa0steps back before training" in said
    assert "A half to the power of 20 is 1 in 1,048,576: more is measured, for the gate is not exactly there" in said


def test_an_lstm_is_judged_by_its_cell_state() -> None:
    early, late = pair("lesson/lstm", "lstm", 0.3, 0.3)
    early["cell_norm"] = [0.82**distance for distance in range(45)]
    late["cell_norm"] = [0.95**distance for distance in range(45)]
    early["pads"] = late["pads"] = 52
    said, _ = gradient_sentences([early, late])
    # 0.82 ** 20, 0.95 ** 20 and, by h, 0.3 ** 20.
    assert "In lstm, by c, 82\xa0% is left 1\xa0step back and 1.9\xa0% 20\xa0steps back before training, and " in said
    assert "and 36\xa0% there after it; by h, which is what" in said
    assert "remembers, less than 0.001\xa0%." in said
    # (1 / (1 + 1 / e)) ** 20
    assert "0.731 to the power of 20 is 0.19\xa0%: more is measured" in said
    assert said.endswith("Here the last steps are pads, which this network reads as words.")


def test_a_larger_share_is_set_against_accuracy() -> None:
    flows = [*pair("lesson/simple-rnn-masked", "simple_rnn", 0.98, 0.87), *pair("lesson/gru", "gru", 0.5, 0.84)]
    *_, general, compared = gradient_sentences(flows, {"lesson/simple-rnn-masked": 0.8269, "lesson/gru": 0.92})
    assert general.startswith("A larger share is not better by itself")
    # 0.87 ** 20 and 0.84 ** 20
    assert compared == (
        "Here, after training, simple-rnn-masked keeps 6.2\xa0% and scores 82.69\xa0%, and gru keeps 3.1\xa0% and "
        "scores 92.00\xa0%."
    )
    # Where the larger share goes with the higher accuracy there is nothing to set against it.
    assert len(gradient_sentences(flows, {"lesson/simple-rnn-masked": 0.93, "lesson/gru": 0.92})) == 3


def test_a_cell_is_shown_by_a_network_without_pads_and_of_one_direction() -> None:
    titles = pair("lesson/simple-rnn-titles", "simple_rnn", 0.5, 0.5)
    for one in titles:
        one["pads"] = 11
    flows = [*titles, *pair("lesson/simple-rnn-masked", "simple_rnn", 0.98, 0.98)]
    said, _ = gradient_sentences(flows)
    assert "In simple-rnn-masked" in said
    # Where the first alone is there, it has to do.
    assert "In simple-rnn-titles" in gradient_sentences(titles)[0]
    averaged, _ = gradient_sentences(pair("fast", "min_gru", 0.9, 0.9))
    assert averaged.startswith("fast decides by the mean of all its states")
    # A cell without an explanation has none, nor has one that was not measured after training.
    assert gradient_sentences(pair("own", "mgu", 0.9, 0.9)) == []
    assert gradient_sentences(titles[:1]) == []
