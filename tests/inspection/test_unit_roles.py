"""Order and roles of units: on states that were made for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bundles import make_bundle
from hypothesis import given
from hypothesis import strategies as st

from recurra.inspection.unit_roles import hold_time, strong_time, unit_roles
from recurra.runtime import LayerTrace, Model, Reading

WORDS = ["oil", "team", "wins", "late", "match", "rome", "again", "prices"]


def reading(logits: np.ndarray) -> Reading:
    powers = np.exp(logits)
    probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return Reading(
        tokens=WORDS, probabilities=probabilities, known=np.ones(8, bool), start=probabilities[0],
        evidence=np.zeros_like(probabilities), exact=True, method="made up",
    )  # fmt: skip


def trace(h: np.ndarray, direction: str = "forward", cell: str = "lstm", **gates: np.ndarray) -> LayerTrace:
    return LayerTrace(layer=0, direction=direction, cell=cell, h=h, c=None, gates=gates)


def test_units_are_sorted_by_their_part_in_the_answer_and_say_what_they_do() -> None:
    sports = np.linspace(-1, 1, 8)
    logits = np.stack([np.zeros(8), sports, -sports], axis=1)
    noise = np.array([1, -1, -1, 1, 1, -1, -1, 1.0])  # does not go with a line
    flip = np.array([-1, -1, -1, -1, 1, 1, 1, 1.0])
    h = np.stack([0.001 * sports, 0.3 * noise, -0.9 * sports, 0.2 * sports, 0.5 * flip], axis=1)
    f = np.full((8, 5), 0.5)
    f[:, 2], f[:, 4] = 0.5 ** (1 / 3), 0.9999
    found = unit_roles(trace(h, f=f), reading(logits), ["World", "Sports", "Business"])
    assert found.order.tolist() == [2, 4, 3, 0, 1]
    assert found.roles == [
        "still",
        "stays 2 words, half-life 1.0 words",
        "for Business, stays 2 words, half-life 3.0 words",
        "for Sports, stays 2 words, half-life 1.0 words",
        "for Sports, flips at match, stays 4 words, half-life over 8 words",
    ]
    # Read from the right, the same states flip one word earlier in the text.
    backward = unit_roles(trace(h, "backward", f=f), reading(logits), ["World", "Sports", "Business"])
    assert "flips at late" in backward.roles[4]


def test_backward_units_go_with_the_answer_to_the_suffix() -> None:
    line = np.linspace(-1, 1, 8)
    rising = reading(np.stack([line, -line], axis=1))
    falling = reading(np.stack([-line, line], axis=1))
    both = replace(rising, suffix_probabilities=falling.probabilities)
    one = trace(line[:, None], "backward", f=np.full((8, 1), 0.5))
    assert unit_roles(one, rising, ["a", "b"]).roles[0].startswith("for a")
    assert unit_roles(one, both, ["a", "b"]).roles[0].startswith("for b")


@pytest.mark.parametrize(("f", "words"), [(0.5, 1.0), (0.25, 0.5), (0.5**0.1, 10.0)])
@pytest.mark.parametrize(
    ("cell", "gate"), [("lstm", "f"), ("gru", "z"), ("gru_reset_before", "z"), ("sru", "f"), ("min_gru", "z")]
)
def test_gates_hold_for_their_half_life(f: float, words: float, cell: str, gate: str) -> None:
    h = np.random.default_rng(0).normal(size=(8, 2))
    np.testing.assert_allclose(hold_time(trace(h, cell=cell, **{gate: np.full((8, 2), f)})), words, rtol=1e-9)


def test_a_unit_stays_while_its_state_has_one_sign_and_half_of_its_largest_size() -> None:
    """Counted by hand, and with gates that forget at once: what is written alike at each word stays in sight."""
    h = np.array([[0.4, 0.9, 0.0], [0.5, -0.9, 0.0], [0.9, -0.5, 0.0], [0.46, -0.44, 0.0], [0.2, -0.9, 0.0]])
    assert strong_time(h).tolist() == [3, 2, 0]
    alike = trace(np.full((8, 1), 0.7), f=np.full((8, 1), 0.01))
    assert strong_time(alike.h).tolist() == [8]
    assert hold_time(alike)[0] < 0.2


def test_a_min_lstm_keeps_a_share_of_the_sum_of_its_gates() -> None:
    gates = {name: np.full((8, 1), value) for name, value in (("i", 0.3), ("f", 0.9))}
    np.testing.assert_allclose(hold_time(trace(np.ones((8, 1)), cell="min_lstm", **gates)), np.log(0.5) / np.log(0.75))


def test_without_gates_the_correlation_from_word_to_word_stands_for_them() -> None:
    slow, fast = np.cos(np.arange(8) * 0.2), np.cos(np.arange(8) * np.pi)
    slow, fast = slow - slow.mean(), fast - fast.mean()
    found = hold_time(trace(np.stack([slow, fast], axis=1), cell="simple_rnn"))
    kept = (slow[1:] * slow[:-1]).sum() / (slow * slow).sum()
    assert found[0] == pytest.approx(np.log(0.5) / np.log(kept))
    assert found[1] < 0.1


@given(st.permutations(range(4)), st.sampled_from(["lstm", "gru", "simple_rnn"]))
def test_order_and_roles_do_not_hang_on_the_units_places(places: list[int], cell: str) -> None:
    model = Model(make_bundle(cell=cell, scale=1.5))
    found = model.read("the team wins a late match in rome again", gates=True)
    one = found.layers[0]
    other = replace(one, h=one.h[:, places], gates={name: gate[:, places] for name, gate in one.gates.items()})
    before, after = unit_roles(one, found, model.classes_), unit_roles(other, found, model.classes_)
    assert [places[unit] for unit in after.order] == before.order.tolist()
    assert after.roles == [before.roles[place] for place in places]


def test_few_words_say_nothing() -> None:
    model = Model(make_bundle())
    for text in ("", "oil", "oil prices rise"):
        found = model.read(text, gates=True)
        units = unit_roles(found.layers[0], found, model.classes_)
        assert units.roles == ["too few words"] * 4
        assert sorted(units.order.tolist()) == [0, 1, 2, 3]
