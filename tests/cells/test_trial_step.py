"""A cell with a mistake is refused when it is registered, in one line that says which."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cells.own_cells import MGU, OWN

from recurra.cells import CELLS, Gate, State, StepGradient
from recurra.cells.trial import check_cell
from recurra.errors import SettingsError


@pytest.mark.parametrize("cell", [*CELLS.values(), *OWN], ids=lambda cell: cell.name)
def test_right_cells_pass(cell: Any) -> None:
    check_cell(cell)


class Named(MGU):
    gates = ("f", "h")  # type: ignore[assignment]


class StateAlone(MGU):
    def step(self, *arguments: Any) -> Any:
        return super().step(*arguments)[0]


class OneGate(MGU):
    def step(self, *arguments: Any) -> Any:
        state, activations = super().step(*arguments)
        return state, activations[:1]


class Wide(MGU):
    def step(self, *arguments: Any) -> Any:
        state, activations = super().step(*arguments)
        return State(state.hidden[:, :1]), activations


class OfNumpy(MGU):
    def step(self, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Any:
        return State(np.tanh(state.hidden)), (state.hidden, state.hidden)


class Joined(MGU):
    def step(self, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Any:
        return State(np.concatenate([state.hidden])), (state.hidden, state.hidden)


class Misspelt(MGU):
    def step(self, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Any:
        return State(state.hiden), ()  # type: ignore[attr-defined]


class WrongGradient(MGU):
    def step_gradient(self, *arguments: Any) -> StepGradient:
        found = super().step_gradient(*arguments)
        return StepGradient(found.projection, 2 * found.hidden)


class BrokenGradient(MGU):
    def step_gradient(self, *arguments: Any) -> StepGradient:
        raise KeyError("f")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Named, r"The gates of the cell 'mgu' are \('f', 'h'\)\. Give a tuple of recurra\.cells\.Gate, such as"),
        (StateAlone, r"The step of the cell 'mgu' returned State, not \(State, activations\)"),
        (OneGate, r"returned 1 activations for 2 gates"),
        (
            Wide,
            r"returned hidden of shape \[3, 1\] for 3 documents and 2 units\. Return arrays \[n, H\], here \[3, 2\]",
        ),
        (OfNumpy, r"fails: TypeError: numpy\.tanh is used where torch's tensors are given as well"),
        (Joined, r"numpy\.concatenate is used"),
        (Misspelt, r"fails: AttributeError: 'State' object has no attribute 'hiden'"),
        (WrongGradient, r"is not the gradient of its step: that with respect to hidden is \["),
        (BrokenGradient, r"The step_gradient of the cell 'mgu' fails: KeyError"),
    ],
)
def test_mistakes_are_named(kind: type[MGU], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        check_cell(kind())
    assert "\n" not in str(refused.value)


def test_a_cell_may_have_no_gradient() -> None:
    class WithoutGradient(MGU):
        gates = (Gate("f", "forget gate"), Gate("h", "candidate", candidate=True))

        def step_gradient(self, *arguments: Any) -> StepGradient:
            raise NotImplementedError

    check_cell(WithoutGradient())
