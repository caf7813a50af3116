"""The Numba engine against the reference in float64: states and all gradients, for every shape of a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from recurrence.cases import ALIKE, MIXED, Case, case, computed, differences

from recurra.recurrence.cells import CELLS, State
from recurra.recurrence.engines import ReferenceEngine, Weights, engine_for
from recurra.recurrence.engines.numba_engine import NumbaEngine

pytest.importorskip("numba")

CELL_NAMES = sorted(CELLS)


def in_float32(one: Case) -> Case:
    """The same case for the engine; its numbers are float32's in both."""

    def narrow(tensor: torch.Tensor | None) -> torch.Tensor | None:
        return None if tensor is None else tensor.detach().float().requires_grad_()

    weights = [Weights(*(narrow(part) for part in parts)) for parts in one.weights]
    initial = one.initial and [State(*(narrow(part) for part in parts)) for parts in one.initial]
    return Case(one.cell, narrow(one.inputs), weights, one.active, initial, one.lengths)


def rounded(one: Case) -> Case:
    """The case with numbers that float32 holds exactly."""
    with torch.no_grad():
        for leaf in one.leaves.values():
            leaf.copy_(leaf.float().double())
    return one


def wrong(one: Case, *, engine: NumbaEngine | None = None) -> list[str]:
    """What differs by more than 1e-5 in a state or by more than 1e-4 of a gradient's largest value."""
    expected = computed(ReferenceEngine(), rounded(one))
    found = computed(engine or NumbaEngine(), in_float32(one))
    states = {name for name in expected if name.startswith("states")}
    found_wrong = differences({n: found[n] for n in states}, {n: expected[n] for n in states}, 1e-5)
    for name in expected.keys() - states:
        scale = expected[name].abs().max().clamp(min=1e-3)
        found_wrong += differences({name: found[name] / scale}, {name: expected[name] / scale}, 1e-4)
    return found_wrong


@pytest.mark.parametrize("initial", [False, True], ids=["zero state", "given state"])
@pytest.mark.parametrize("hidden", [4, 8, 16, 24, 40, 64])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_states_and_gradients_are_those_of_the_reference(
    cell: str, directions: int, hidden: int, initial: bool
) -> None:
    lengths = [41, 17, 17, 9, 9, 8, 3, 1, 1]
    # A state of a large layer is not to be chaotic: the weights' scale falls as that of a trained one.
    one = case(cell, lengths, directions=directions, hidden=hidden, initial=initial, size=5)
    with torch.no_grad():
        for weights in one.weights:
            weights.W_H.mul_(2 / hidden**0.5)
    assert wrong(one) == []


@pytest.mark.parametrize("lengths", [MIXED, ALIKE, [1], [2], [1, 1, 1, 1, 1], [500]], ids=str)
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_long_short_and_single_documents(cell: str, lengths: list[int]) -> None:
    assert wrong(case(cell, lengths, directions=2, hidden=8)) == []
