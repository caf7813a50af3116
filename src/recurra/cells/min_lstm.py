"""minLSTM (Feng et al. 2024, arXiv 2410.01201): an LSTM whose gates and candidate do not read the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, TritonForm

__all__ = ["MinLSTM"]

# Added to the gates where only they are known: a share of two zeros would not be a number.
SMALLEST = 1e-30


class MinLSTM(Cell):
    """With d = W_I x + b: i = sigmoid(d_i), f = sigmoid(d_f), h' = f / (f + i) ⊙ h + i / (f + i) ⊙ d_h.

    The gates are divided by their sum, so that the state keeps its scale; there is no output gate and no cell state.
    The candidate d_h is linear, the paper's plain form, and not the positive one of its log-space form. The forget
    gate's bias starts at 1, as an LSTM's.
    """

    name = "min_lstm"
    title = "minLSTM"
    gates = (
        Gate("i", "input gate", held=SATURATED),
        Gate("f", "forget gate", first_bias=1.0, held=-SATURATED),
        Gate("h", "candidate", candidate=True, held=1.0),
    )
    recurrent_weights = False
    state_bound = None
    compiled = CompiledForms(
        NumbaForm("min_lstm", early=0, pools=True, input_gates=True, extra=1), None, TritonForm(elementwise="min_lstm")
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        H = projection.shape[1] // 3
        d_i, d_f, n = projection[:, :H], projection[:, H : 2 * H], projection[:, 2 * H :]
        i, f, s = ops.sigmoid(d_i), ops.sigmoid(d_f), ops.sigmoid(d_f - d_i)
        # f / (f + i) is also s (1 - f) / (s (1 - f) + (1 - s) (1 - i)), and so the ratio of the sums. That one is exact
        # where both gates are closed, too.
        left, right = f + s * (1 - f), i + (1 - s) * (1 - i)
        kept = left / (left + right)
        return State(kept * state.hidden + (1 - kept) * n), (i, f, n)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        i, f, n = activations
        d_hidden, kept = d_state.hidden, _share(f, i)
        # The share is a sigmoid of the difference of log f and log i.
        d_difference = d_hidden * (state.hidden - n) * kept * (1 - kept)
        projection = np.concatenate([-d_difference * (1 - i), d_difference * (1 - f), d_hidden * (1 - kept)], axis=1)
        return StepGradient(projection, d_hidden * kept)

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """See :meth:`Cell.kept_share`."""
        return np.asarray(_share(gates["f"], gates["i"]))


def _share(f: Any, i: Any) -> Any:
    return (f + SMALLEST) / (f + i + 2 * SMALLEST)
