"""Two cells that are no part of Recurra, as a user's own file declares them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import recurra.cells
from recurra.cells import SATURATED, Cell, Gate, Ops, State, StepGradient


class MGU(Cell):
    """Minimal gated unit (Zhou et al. 2016, arXiv 1603.09420).

    f = sigmoid(d_f + h U_f), n = tanh(d_h + (f ⊙ h) U_h), h' = (1 - f) ⊙ h + f ⊙ n.
    """

    name = "mgu"
    title = "MGU"
    gates = (
        Gate("f", "forget gate", first_bias=1.0, held=SATURATED),
        Gate("h", "candidate", candidate=True, held=SATURATED),
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        H, h = W_H.shape[0], state.hidden
        f = ops.sigmoid(projection[:, :H] + h @ W_H[:, :H])
        n = ops.tanh(projection[:, H:] + (f * h) @ W_H[:, H:])
        return State((1 - f) * h + f * n), (f, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Any], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        f, n = activations
        H, h, d = len(W_H), state.hidden, d_state.hidden
        d_n = d * f * (1 - n * n)
        d_kept = d_n @ W_H[:, H:].T
        d_f = (d * (n - h) + d_kept * h) * f * (1 - f)
        hidden = d * (1 - f) + d_kept * f + d_f @ W_H[:, :H].T
        return StepGradient(np.concatenate([d_f, d_n], axis=1), hidden)


class StronglyTypedRNN(Cell):
    """T-RNN (Balduzzi and Ghifary 2016, arXiv 1602.02218): f = sigmoid(d_f), h' = f ⊙ h + (1 - f) ⊙ d_h, no W_H."""

    name = "t_rnn"
    title = "T-RNN"
    gates = (Gate("f", "forget gate", held=-SATURATED), Gate("h", "candidate", candidate=True, held=1.0))
    recurrent_weights = False
    state_bound = None

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        H = projection.shape[1] // 2
        f, n = ops.sigmoid(projection[:, :H]), projection[:, H:]
        return State(f * state.hidden + (1 - f) * n), (f, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Any], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        f, n = activations
        d = d_state.hidden
        return StepGradient(np.concatenate([d * (state.hidden - n) * f * (1 - f), d * (1 - f)], axis=1), d * f)


OWN = (MGU(), StronglyTypedRNN())


def register_both() -> None:
    for cell in OWN:
        recurra.cells.register(cell)
