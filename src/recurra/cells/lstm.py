"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, OnnxForm, TorchForm, TritonForm

__all__ = ["LSTM"]


class LSTM(Cell):
    """Gates i, f, o = sigmoid(a), candidate g = tanh(a), with a = W_H h + W_I x + b.

    c' = f ⊙ c + i ⊙ g and h' = o ⊙ tanh(c'). The forget gate's bias starts at 1 (Jozefowicz et al. 2015).
    """

    name = "lstm"
    title = "LSTM"
    gates = (
        Gate("i", "input gate", held=SATURATED),
        Gate("f", "forget gate", first_bias=1.0, held=-SATURATED),
        Gate("g", "candidate", candidate=True, held=SATURATED),
        Gate("o", "output gate", held=SATURATED),
    )
    cell_state = True
    # h = 1 · tanh(1 · 1).
    held_state = math.tanh(1.0)
    compiled = CompiledForms(
        NumbaForm("lstm", early=4, extra=1),
        TorchForm("lstm", (0, 1, 2, 3)),
        TritonForm(),
        OnnxForm("LSTM", (0, 3, 1, 2)),
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = W_H.shape[0]
        a = projection + state.hidden @ W_H
        i, f = ops.sigmoid(a[:, :H]), ops.sigmoid(a[:, H : 2 * H])
        g, o = ops.tanh(a[:, 2 * H : 3 * H]), ops.sigmoid(a[:, 3 * H :])
        cell = f * state.cell + i * g
        return State(o * ops.tanh(cell), cell), (i, f, g, o)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        i, f, g, o = activations
        tanh_c = np.tanh(f * state.cell + i * g)
        d_cell = d_state.cell + d_state.hidden * o * (1 - tanh_c * tanh_c)
        projection = np.concatenate(
            [
                d_cell * g * i * (1 - i),
                d_cell * state.cell * f * (1 - f),
                d_cell * i * (1 - g * g),
                d_state.hidden * tanh_c * o * (1 - o),
            ],
            axis=1,
        )
        return StepGradient(projection, projection @ W_H.T, d_cell * f, d_cell)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return gates["f"]
