"""SimpleRNN (Elman 1990, Finding Structure in Time)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recurra.cells.base import SATURATED, Array, Cell, Gate, Ops, State, StepGradient
from recurra.cells.compiled_forms import CompiledForms, NumbaForm, OnnxForm, TorchForm, TritonForm

__all__ = ["SimpleRNN"]


class SimpleRNN(Cell):
    """S' = tanh(W_H S + W_I X + b)."""

    name = "simple_rnn"
    title = "SimpleRNN"
    gates = (Gate("h", "candidate", candidate=True, held=SATURATED),)
    compiled = CompiledForms(
        NumbaForm("simple_rnn", early=1), TorchForm("rnn_tanh", (0,)), TritonForm(), OnnxForm("RNN", (0,))
    )

    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """See :meth:`Cell.step`."""
        hidden = ops.tanh(projection + state.hidden @ W_H)
        return State(hidden), (hidden,)

    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Any, b_H: Any
    ) -> StepGradient:
        """See :meth:`Cell.step_gradient`."""
        (h,) = activations
        d_a = d_state.hidden * (1 - h * h)
        return StepGradient(d_a, d_a @ W_H.T)
