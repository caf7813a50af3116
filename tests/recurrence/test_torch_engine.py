"""torch's kernels against the reference: states and all gradients, on both of the engine's paths."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from recurrence.cases import ALIKE, MIXED, case, computed, differences

from recurra.recurrence.engines import ReferenceEngine, TorchEngine, torch_engine

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
PATHS = {"_padded": float("inf"), "_packed": 0}


@pytest.fixture
def paths_taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []

    def spy(name: str) -> Any:
        compute = getattr(torch_engine, name)

        def called(*arguments: Any) -> Any:
            taken.append(name)
            return compute(*arguments)

        return called

    for name in PATHS:
        monkeypatch.setattr(torch_engine, name, spy(name))
    return taken


@cache
def reference(cell: str, directions: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    return computed(ReferenceEngine(), case(cell, MIXED, directions=directions, dtype=dtype))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
def test_states_and_gradients_are_those_of_the_reference(
    cell: str,
    directions: int,
    dtype: torch.dtype,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    paths_taken: list[str],
) -> None:
    monkeypatch.setattr(torch_engine, "MAX_PADDING", PATHS[path])
    found = computed(TorchEngine(), case(cell, MIXED, directions=directions, dtype=dtype))
    assert paths_taken == [path]
    assert differences(found, reference(cell, directions, dtype), TOLERANCE[dtype]) == []


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize(
    ("lengths", "path"), [(ALIKE, "_padded"), (MIXED, "_packed"), ([1], "_padded"), ([7, 7], "_padded")]
)
def test_without_an_initial_state_it_is_zero(cell: str, lengths: list[int], path: str, paths_taken: list[str]) -> None:
    one = case(cell, lengths, directions=2, initial=False)
    found = computed(TorchEngine(), one)
    assert paths_taken == [path]
    assert differences(found, computed(ReferenceEngine(), one), 1e-10) == []


def test_without_gradients_the_states_are_the_same() -> None:
    for cell in ("simple_rnn", "gru", "lstm"):
        one = case(cell, [9, 4, 4, 1], directions=2)
        arguments = (one.cell, one.inputs, one.weights, one.active)
        with torch.no_grad():
            quick = TorchEngine().layer(*arguments, initial=one.initial)
        for state, expected in zip(quick, TorchEngine().layer(*arguments, initial=one.initial), strict=True):
            torch.testing.assert_close(state, expected, rtol=0, atol=1e-12)
