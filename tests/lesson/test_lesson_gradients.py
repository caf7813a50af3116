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


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (
            0.8,
            "Training has moved it to where tanh is flatter or the weights shrink what passes: then 1.2\xa0% is left.",
        ),
        (0.97, "Training has not changed that much here: then 54\xa0% is left."),
        (1.05, "Training has not made it vanish here: then 265\xa0% is left."),
    ],
)
def test_a_simple_rnn_starts_without_vanishing(late: float, expected: str) -> None:
    (said,) = gradient_sentences(pair("lesson/simple-rnn-masked", "simple_rnn", 0.98, late))
    assert "in simple-rnn-masked, 67\xa0% is left 20\xa0steps back." in said  # 0.98 ** 20
    assert said.endswith(expected)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (0.9, "It learns to keep: after training 12\xa0% is left there."),
        (0.5, "Training has changed little here: after training less than 0.001\xa0% is left there."),
    ],
)
def test_a_gru_starts_half_open(late: float, expected: str) -> None:
    (said,) = gradient_sentences(pair("lesson/gru", "gru", 0.5, late))
    assert "in gru, 50\xa0% is left 1\xa0step back and less than 0.001\xa0% 20\xa0steps back." in said
    assert said.endswith(expected)


def test_an_lstm_is_judged_by_its_cell_state() -> None:
    early, late = pair("lesson/lstm", "lstm", 0.3, 0.3)
    early["cell_norm"] = [0.75**distance for distance in range(45)]
    late["cell_norm"] = [0.95**distance for distance in range(45)]
    early["pads"] = late["pads"] = 52
    (said,) = gradient_sentences([early, late])
    # 0.75 ** 20, 0.95 ** 20 and, by h, 0.3 ** 20.
    assert "in lstm, by c, 75\xa0% is left 1\xa0step back and 0.32\xa0% 20\xa0steps back." in said
    assert "It learns to keep: after training 36\xa0% is left there by c, and less than 0.001\xa0% by h" in said
    assert said.endswith("Here the last steps are pads, which this network reads as words.")


def test_a_cell_is_shown_by_a_network_without_pads_and_of_one_direction() -> None:
    titles = pair("lesson/simple-rnn-titles", "simple_rnn", 0.5, 0.5)
    for one in titles:
        one["pads"] = 11
    flows = [*titles, *pair("lesson/simple-rnn-masked", "simple_rnn", 0.98, 0.98)]
    (said,) = gradient_sentences(flows)
    assert "in simple-rnn-masked" in said
    # Where the first alone is there, it has to do.
    assert "in simple-rnn-titles" in gradient_sentences(titles)[0]
    # A cell that is not the lesson's has no explanation, nor has one that was not measured after training.
    assert gradient_sentences(pair("fast", "min_gru", 0.9, 0.9)) == []
    assert gradient_sentences(titles[:1]) == []
