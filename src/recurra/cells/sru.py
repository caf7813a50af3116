"""Simple recurrent unit (Lei et al. 2018, arXiv 1709.02755): a cell state carried by element-wise steps alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, TritonForm

__all__ = ["SRU"]


class SRU(Cell):
    """Gates f = sigmoid(d_f + v_f ⊙ c), r = sigmoid(d_r + v_r ⊙ c), with d = W_I x + b and c before the step.

    c' = f ⊙ c + (1 - f) ⊙ d_g and h' = r ⊙ c' + (1 - r) ⊙ d_x. The rows of W_H [2, H] are v_f and v_r.

    The highway connection d_x is always a projection of the input with a block of W_I of its own, as in the paper where
    input and state differ in size; the paper's scale α of the connection is part of that block. As in the authors' code
    the output is r ⊙ c' and not r ⊙ tanh(c'). The biases of the candidate g and of d_x are not in the paper.
    """

    name = "sru"
    title = "SRU"
    gates = (
        Gate("f", "forget gate", held=-SATURATED),
        Gate("r", "reset gate", held=SATURATED),
        Gate("g", "candidate", candidate=True, held=1.0),
        Gate("x", "highway input", candidate=True, held=1.0),
    )
    recurrent_weights = False
    diagonal_weights = 2
    cell_state = True
    state_bound = None
    compiled = CompiledForms(NumbaForm("sru", early=0, pools=True), None, TritonForm(elementwise="sru"))

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`; the hidden state before the step is not read."""
        H, c = W_H.shape[1], state.cell
        f = ops.sigmoid(projection[:, :H] + W_H[0] * c)
        r = ops.sigmoid(projection[:, H : 2 * H] + W_H[1] * c)
        g, x = projection[:, 2 * H : 3 * H], projection[:, 3 * H :]
        cell = f * c + (1 - f) * g
        return State(r * cell + (1 - r) * x, cell), (f, r, g, x)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        f, r, g, x = activations
        d_hidden = d_state.hidden
        d_cell = d_state.cell + d_hidden * r
        d_f = d_cell * (state.cell - g) * f * (1 - f)
        d_r = d_hidden * (f * state.cell + (1 - f) * g - x) * r * (1 - r)
        projection = np.concatenate([d_f, d_r, d_cell * (1 - f), d_hidden * (1 - r)], axis=1)
        d_before = d_cell * f + d_f * W_H[0] + d_r * W_H[1]
        return StepGradient(projection, np.zeros_like(d_hidden), d_before, d_cell)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return gates["f"]
