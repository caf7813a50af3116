"""SimpleRNN (Elman 1990, Finding Structure in Time)."""

from __future__ import annotations

from typing import Any

from recurra.cells.base import Cell, Ops, State

__all__ = ["SimpleRNN"]


class SimpleRNN(Cell):
    """S' = tanh(W_H S + W_I X + b)."""

    name = "simple_rnn"
    gates = ("h",)

    def step(self, ops: Ops, drive: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        hidden = ops.tanh(drive + state.hidden @ W_H)
        return State(hidden), (hidden,)
