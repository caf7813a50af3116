"""Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078), with the reset gate after or before the product."""

from __future__ import annotations

from typing import Any

from recurra.cells.base import Cell, Ops, State

__all__ = ["GRU", "GRUResetBefore"]


class GRU(Cell):
    """Reset after the recurrent product, the default of Keras and torch.

    With d = W_I x + b and u = W_H h + b_H, block by block: z = sigmoid(d_z + u_z), r = sigmoid(d_r + u_r),
    candidate n = tanh(d_h + r ⊙ u_h), h' = z ⊙ h + (1 - z) ⊙ n.
    """

    name = "gru"
    gates = ("z", "r", "h")
    recurrent_bias = True

    def step(self, ops: Ops, drive: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        u = state.hidden @ W_H + b_H
        z = ops.sigmoid(drive[:, :H] + u[:, :H])
        r = ops.sigmoid(drive[:, H : 2 * H] + u[:, H : 2 * H])
        n = ops.tanh(drive[:, 2 * H :] + r * u[:, 2 * H :])
        return State(z * state.hidden + (1 - z) * n), (z, r, n)


class GRUResetBefore(Cell):
    """Reset before the recurrent product, as in the paper: candidate n = tanh(d_h + (r ⊙ h) W_Hh)."""

    name = "gru_reset_before"
    gates = ("z", "r", "h")

    def step(self, ops: Ops, drive: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        u = state.hidden @ W_H[:, : 2 * H]
        z = ops.sigmoid(drive[:, :H] + u[:, :H])
        r = ops.sigmoid(drive[:, H : 2 * H] + u[:, H:])
        n = ops.tanh(drive[:, 2 * H :] + (r * state.hidden) @ W_H[:, 2 * H :])
        return State(z * state.hidden + (1 - z) * n), (z, r, n)
