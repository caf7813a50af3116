"""The reference engine against a loop over one document at a time."""

from __future__ import annotations

import pytest
import torch
from recurrence.cases import MIXED, case, differences, formula, traced

from recurra.cells import CELLS, State
from recurra.errors import SettingsError
from recurra.recurrence.engines import ReferenceEngine, engine_for

CELL_NAMES = ["simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm"]


@pytest.mark.parametrize("initial", [False, True], ids=["zero state", "given state"])
@pytest.mark.parametrize("cell", CELL_NAMES)
def test_states_cells_and_gates_are_those_of_the_formula(cell: str, initial: bool) -> None:
    one = case(cell, MIXED, directions=2, initial=initial)
    found = traced(one)
    assert len(found) == (6 if CELLS[cell].cell_state else 4)
    assert differences(found, formula(one), 1e-12) == []
    layer = ReferenceEngine().layer(one.cell, one.inputs, one.weights, one.active, initial=one.initial)
    assert all(torch.equal(states, found[f"hidden {place}"]) for place, states in enumerate(layer))


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_float32_is_near_the_formula(cell: str) -> None:
    one = case(cell, MIXED, directions=2, dtype=torch.float32)
    found = traced(one)
    assert found["hidden 0"].dtype == torch.float32
    assert differences(found, formula(one), 1e-5) == []


@pytest.mark.parametrize("cell", CELL_NAMES)
def test_gradients_are_finite_differences(cell: str) -> None:
    """The formula's values are held above; a finite difference of them holds the gradient, for every argument."""
    one = case(cell, [4, 2, 1], directions=2, size=2, hidden=2)
    names = list(one.leaves)

    def states(*leaves: torch.Tensor) -> tuple[torch.Tensor, ...]:
        by_name = dict(zip(names, leaves, strict=True))
        weights = [
            type(old)(*(by_name.get(f"{place}.{name}") for name in old._fields))
            for place, old in enumerate(one.weights)
        ]
        initial = [
            State(by_name.get(f"{place}.hidden0", torch.zeros(3, 2)), by_name.get(f"{place}.cell0"))
            for place in range(2)
        ]
        return tuple(ReferenceEngine().layer(one.cell, by_name["inputs"], weights, one.active, initial=initial))

    of_a_direction = {"gru": 5, "lstm": 5, "min_gru": 3, "min_lstm": 3}
    assert len(names) == 1 + 2 * of_a_direction.get(cell, 4)
    assert torch.autograd.gradcheck(states, tuple(one.leaves.values()))


def test_every_cell_runs_on_the_reference_engine() -> None:
    assert set(CELLS) == set(CELL_NAMES)
    assert all(ReferenceEngine().supports(cell) for cell in CELLS.values())


def test_an_unknown_engine_and_one_that_lacks_the_cell_are_named() -> None:
    with pytest.raises(
        SettingsError, match=r"There is no engine 'cuda'\. The engines are auto, triton, numba, torch, reference\."
    ):
        engine_for("cuda", CELLS["gru"])
    with pytest.raises(SettingsError, match="torch engine does not compute the cell gru_reset_before"):
        engine_for("torch", CELLS["gru_reset_before"])
