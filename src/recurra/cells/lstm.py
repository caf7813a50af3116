"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000)."""

from __future__ import annotations

from typing import Any

from recurra.cells.base import Cell, Ops, State

__all__ = ["LSTM"]


class LSTM(Cell):
    """Gates i, f, o = sigmoid(a), candidate g = tanh(a), with a = W_H h + W_I x + b.

    c' = f ⊙ c + i ⊙ g and h' = o ⊙ tanh(c'). The forget gate's bias starts at 1 (Jozefowicz et al. 2015).
    """

    name = "lstm"
    gates = ("i", "f", "g", "o")
    cell_state = True
    first_bias = "f"

    def step(self, ops: Ops, drive: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        a = drive + state.hidden @ W_H
        i, f = ops.sigmoid(a[:, :H]), ops.sigmoid(a[:, H : 2 * H])
        g, o = ops.tanh(a[:, 2 * H : 3 * H]), ops.sigmoid(a[:, 3 * H :])
        cell = f * state.cell + i * g
        return State(o * ops.tanh(cell), cell), (i, f, g, o)
