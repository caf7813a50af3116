"""Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078), with the reset gate after or before the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, OnnxForm, TorchForm, TritonForm

__all__ = ["GRU", "GRUResetBefore"]

# The reset gate does not matter for the state of an ablated unit: it only affects the candidate, whose pre-activation
# is fixed.
GATES = (
    Gate("z", "update gate", held=-SATURATED),
    Gate("r", "reset gate"),
    Gate("h", "candidate", candidate=True, held=SATURATED),
)


class GRU(Cell):
    """Reset after the recurrent product, the default of Keras and torch.

    With d = W_I x + b and u = W_H h + b_H, block by block: z = sigmoid(d_z + u_z), r = sigmoid(d_r + u_r),
    candidate n = tanh(d_h + r ⊙ u_h), h' = z ⊙ h + (1 - z) ⊙ n.
    """

    name = "gru"
    title = "GRU"
    gates = GATES
    recurrent_bias = True
    compiled = CompiledForms(
        NumbaForm("gru", early=3, extra=3, second=3, product_gradient=True),
        TorchForm("gru", (1, 0, 2)),
        TritonForm(reset="after"),
        OnnxForm("GRU", (0, 1, 2), reset_after=True),
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        u = state.hidden @ W_H + b_H
        z = ops.sigmoid(projection[:, :H] + u[:, :H])
        r = ops.sigmoid(projection[:, H : 2 * H] + u[:, H : 2 * H])
        n = ops.tanh(projection[:, 2 * H :] + r * u[:, 2 * H :])
        return State(z * state.hidden + (1 - z) * n), (z, r, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        z, r, n = activations
        H, d_hidden = len(W_H), d_state.hidden
        d_n = d_hidden * (1 - z) * (1 - n * n)
        d_z = d_hidden * (state.hidden - n) * z * (1 - z)
        u = state.hidden @ W_H[:, 2 * H :] + b_H[2 * H :]
        d_r = d_n * u * r * (1 - r)
        product = np.concatenate([d_z, d_r, d_n * r], axis=1)
        return StepGradient(np.concatenate([d_z, d_r, d_n], axis=1), d_hidden * z + product @ W_H.T)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return gates["z"]


class GRUResetBefore(Cell):
    """Reset before the recurrent product, as in the paper: candidate n = tanh(d_h + (r ⊙ h) W_Hh)."""

    name = "gru_reset_before"
    title = "GRU"
    gates = GATES
    compiled = CompiledForms(
        NumbaForm("gru_reset_before", early=2, extra=1, second=1),
        None,
        TritonForm(reset="before"),
        OnnxForm("GRU", (0, 1, 2)),
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        u = state.hidden @ W_H[:, : 2 * H]
        z = ops.sigmoid(projection[:, :H] + u[:, :H])
        r = ops.sigmoid(projection[:, H : 2 * H] + u[:, H:])
        n = ops.tanh(projection[:, 2 * H :] + (r * state.hidden) @ W_H[:, 2 * H :])
        return State(z * state.hidden + (1 - z) * n), (z, r, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        z, r, n = activations
        H, d_hidden = len(W_H), d_state.hidden
        d_n = d_hidden * (1 - z) * (1 - n * n)
        d_z = d_hidden * (state.hidden - n) * z * (1 - z)
        d_kept = d_n @ W_H[:, 2 * H :].T  # gradient of r ⊙ h
        d_r = d_kept * state.hidden * r * (1 - r)
        early = np.concatenate([d_z, d_r], axis=1)
        hidden = d_hidden * z + d_kept * r + early @ W_H[:, : 2 * H].T
        return StepGradient(np.concatenate([early, d_n], axis=1), hidden)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return gates["z"]
