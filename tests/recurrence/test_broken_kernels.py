"""The comparisons of this folder see a broken kernel: each of these must be reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from recurrence.cases import SHORT, Case, case, computed, differences, formula, traced
from torch import Tensor

from recurra.cells import CELLS, Cell, State, StepGradient
from recurra.recurrence.engines import ReferenceEngine, TorchEngine, Weights, torch_engine

Step = tuple[State, tuple[Any, ...]]


class Broken(Cell):
    """A cell whose arguments or result are spoilt."""

    def __init__(self, cell: Cell, spoil: Callable[..., Step]) -> None:
        self.cell, self.spoil = cell, spoil
        for name in ("name", "gates", "recurrent_bias", "cell_state", "compiled"):
            setattr(self, name, getattr(cell, name))

    def step(self, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
        return self.spoil(self.cell, ops, projection, state, W_H, b_H)

    def step_gradient(self, *arguments: Any) -> StepGradient:
        return self.cell.step_gradient(*arguments)


def swapped(first: int, second: int) -> Callable[..., Step]:
    """Two gates change places in the input projection."""

    def spoil(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
        blocks = list(projection.chunk(len(cell.gates), dim=1))
        blocks[first], blocks[second] = blocks[second], blocks[first]
        return cell.step(ops, torch.cat(blocks, dim=1), state, W_H, b_H)

    return spoil


def forget_bias(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    """A forget bias of 1 is added once more."""
    blocks = list(projection.chunk(4, dim=1))
    blocks[1] = blocks[1] + 1
    return cell.step(ops, torch.cat(blocks, dim=1), state, W_H, b_H)


def no_recurrent_bias(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    return cell.step(ops, projection, state, W_H, torch.zeros_like(b_H))


def recurrent_bias_outside(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    """Both biases are added up, as if the reset gate did not reach the second."""
    return cell.step(ops, projection + b_H, state, W_H, torch.zeros_like(b_H))


def forgetful(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    """The recurrent product is left out."""
    return cell.step(ops, projection, state, torch.zeros_like(W_H), b_H)


def cut_gradient(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    """The states are right; nothing flows back through time."""
    past = State(*(None if part is None else part.detach() for part in state))
    return cell.step(ops, projection, past, W_H, b_H)


def transposed(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    return cell.step(ops, projection, state, torch.cat([block.t() for block in W_H.chunk(len(cell.gates), 1)], 1), b_H)


def diagonals_swapped(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    return cell.step(ops, projection, state, W_H.flip(0), b_H)


def reset_after(cell: Cell, ops: Any, projection: Any, state: State, W_H: Any, b_H: Any) -> Step:
    """The other convention of the GRU."""
    return CELLS["gru"].step(ops, projection, state, W_H, torch.zeros_like(W_H[0]))


BROKEN_CELLS = [
    ("simple_rnn", forgetful),
    ("simple_rnn", transposed),
    ("simple_rnn", cut_gradient),
    ("gru", swapped(0, 1)),
    ("gru", swapped(1, 2)),
    ("gru", no_recurrent_bias),
    ("gru", recurrent_bias_outside),
    ("gru", transposed),
    ("gru", cut_gradient),
    ("gru_reset_before", swapped(0, 1)),
    ("gru_reset_before", reset_after),
    ("lstm", swapped(0, 1)),
    ("lstm", swapped(0, 3)),
    ("lstm", swapped(2, 3)),
    ("lstm", forget_bias),
    ("lstm", cut_gradient),
    ("sru", swapped(0, 1)),
    ("sru", swapped(2, 3)),
    ("sru", forgetful),
    ("sru", diagonals_swapped),
    ("sru", cut_gradient),
    ("min_gru", swapped(0, 1)),
    ("min_gru", cut_gradient),
    ("min_lstm", swapped(0, 1)),
    ("min_lstm", swapped(1, 2)),
    ("min_lstm", cut_gradient),
]


@pytest.mark.parametrize(("name", "spoil"), BROKEN_CELLS)
def test_a_broken_cell_differs_from_the_formula(name: str, spoil: Callable[..., Step]) -> None:
    one = case(name, SHORT, directions=2)
    found = differences(traced(one, Broken(CELLS[name], spoil)), formula(one), 1e-5)
    # Only gradients can show that nothing flows back.
    assert bool(found) == (spoil is not cut_gradient)


@pytest.mark.parametrize(("name", "spoil"), [pair for pair in BROKEN_CELLS if CELLS[pair[0]].compiled.torch])
def test_a_broken_cell_differs_from_torch(name: str, spoil: Callable[..., Step]) -> None:
    one = case(name, SHORT, directions=2, dtype=torch.float32)
    right = computed(TorchEngine(), one)
    assert differences(computed(ReferenceEngine(), one), right, 1e-5) == []
    assert differences(computed(ReferenceEngine(), one, Broken(CELLS[name], spoil)), right, 1e-5)


class OneWordShort(ReferenceEngine):
    """Documents lose their last word: its row holds the state of the word before."""

    def layer(self, cell: Cell, inputs: Tensor, weights: Any, active: Any, *, initial: Any = None) -> list[Tensor]:
        hidden = super().layer(cell, inputs, weights, active, initial=initial)
        starts = [sum(active[:step]) for step in range(len(active))]
        ends = [(t, k) for t in range(1, len(active)) for k in range(active[t]) if [*active, 0][t + 1] <= k]
        rows = torch.arange(len(inputs))
        for t, k in ends:
            rows[starts[t] + k] = starts[t - 1] + k
        return [states[rows] for states in hidden]


class PadsRead(ReferenceEngine):
    """The backward direction reads pads first: documents join with a state that has moved."""

    def layer(self, cell: Cell, inputs: Tensor, weights: Any, active: Any, *, initial: Any = None) -> list[Tensor]:
        pads = inputs.new_zeros(active[0], inputs.shape[1])
        moved = super().layer(cell, pads, weights, [active[0]], initial=initial)
        states = [State(h, None if state.cell is None else state.cell) for h, state in zip(moved, initial, strict=True)]
        return super().layer(cell, inputs, weights, active, initial=[initial[0], *states[1:]])


class OneWay(ReferenceEngine):
    """Both directions read forward."""

    def layer(self, cell: Cell, inputs: Tensor, weights: Any, active: Any, *, initial: Any = None) -> list[Tensor]:
        return [
            super(OneWay, self).layer(cell, inputs, [one], active, initial=[state])[0]
            for one, state in zip(weights, initial, strict=True)
        ]


class ZeroState(ReferenceEngine):
    """The initial state is ignored."""

    def layer(self, cell: Cell, inputs: Tensor, weights: Any, active: Any, *, initial: Any = None) -> list[Tensor]:
        return super().layer(cell, inputs, weights, active)


@pytest.mark.parametrize("engine", [OneWordShort, PadsRead, OneWay, ZeroState])
@pytest.mark.parametrize("name", ["simple_rnn", "gru", "lstm"])
def test_a_broken_engine_is_reported(name: str, engine: type[ReferenceEngine]) -> None:
    one = case(name, SHORT, directions=2, dtype=torch.float32)
    assert differences(computed(engine(), one), computed(TorchEngine(), one), 1e-5)


@pytest.mark.parametrize(
    ("name", "order"), [("gru", (0, 1, 2)), ("gru", (1, 2, 0)), ("lstm", (1, 0, 2, 3)), ("lstm", (0, 1, 3, 2))]
)
def test_a_wrong_gate_order_is_reported(name: str, order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    one = case(name, SHORT, directions=2, dtype=torch.float32)
    right = computed(ReferenceEngine(), one)
    monkeypatch.setattr(torch_engine, "_form", lambda cell: cell.compiled.torch._replace(order=order))
    assert differences(computed(TorchEngine(), one), right, 1e-5)


def off_by_one(one: Case) -> Case:
    """The longest document has given its last word to the second one."""
    lengths = [one.lengths[0] - 1, one.lengths[1] + 1, *one.lengths[2:]]
    active = [sum(length > step for length in lengths) for step in range(max(lengths))]
    return Case(one.cell, one.inputs, one.weights, active, one.initial, lengths)


@pytest.mark.parametrize("waste", [0, float("inf")], ids=["packed", "grid"])
@pytest.mark.parametrize("name", ["simple_rnn", "gru", "lstm"])
def test_a_length_off_by_one_is_reported(name: str, waste: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_engine, "MAX_PADDING", waste)
    one = case(name, SHORT, directions=2, dtype=torch.float32)
    assert differences(computed(TorchEngine(), off_by_one(one)), computed(ReferenceEngine(), one), 1e-5)


def test_weights_keep_their_order() -> None:
    """Engines and the model file name these blocks."""
    assert Weights._fields == ("W_I", "W_H", "b", "b_H")
    assert {name: "".join(gate.name for gate in cell.gates) for name, cell in CELLS.items()} == {
        "simple_rnn": "h",
        "gru": "zrh",
        "gru_reset_before": "zrh",
        "lstm": "ifgo",
        "sru": "frgx",
        "min_gru": "zh",
        "min_lstm": "ifh",
    }
