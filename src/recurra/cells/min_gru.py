"""minGRU (Feng et al. 2024, arXiv 2410.01201): a GRU whose gate and candidate do not read the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, TritonForm

__all__ = ["MinGRU"]


class MinGRU(Cell):
    """With d = W_I x + b: z = sigmoid(d_z), candidate n = d_h, h' = z ⊙ h + (1 - z) ⊙ n.

    z is the share that is kept, as in :class:`recurra.cells.GRU`; the paper's z is 1 - z, a change of sign of its
    weights. The candidate is linear, the paper's plain form, and not the positive one of its log-space form.
    """

    name = "min_gru"
    title = "minGRU"
    gates = (Gate("z", "update gate", held=-SATURATED), Gate("h", "candidate", candidate=True, held=1.0))
    recurrent_weights = False
    state_bound = None
    compiled = CompiledForms(
        NumbaForm("min_gru", early=0, pools=True, input_gates=True), None, TritonForm(elementwise="min_gru")
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = projection.shape[1] // 2
        z, n = ops.sigmoid(projection[:, :H]), projection[:, H:]
        return State(z * state.hidden + (1 - z) * n), (z, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        z, n = activations
        d_hidden = d_state.hidden
        d_z = d_hidden * (state.hidden - n) * z * (1 - z)
        return StepGradient(np.concatenate([d_z, d_hidden * (1 - z)], axis=1), d_hidden * z)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return gates["z"]
