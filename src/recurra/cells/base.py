"""The interface of a recurrent cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.cells.compiled_forms import CompiledForms

__all__ = ["SATURATED", "Cell", "Gate", "Ops", "State", "StepGradient"]

Array = npt.NDArray[np.float64]

# A gate's pre-activation at which sigmoid and tanh are 0 or 1 to the precision of float32; with a larger one the
# kernels' products of powers could overflow.
SATURATED = 20.0


class Ops(Protocol):
    """The element-wise functions of a cell's formula: the module ``torch``, or the runtime's NumPy functions."""

    tanh: Any
    sigmoid: Any


class State(NamedTuple):
    """The state that is carried from step to step.

    Attributes:
        hidden: [n, H], the hidden state.
        cell: [n, H], the cell state, or ``None`` for cells without one.
    """

    hidden: Any
    cell: Any = None


class StepGradient(NamedTuple):
    """Gradients with respect to the inputs of a step.

    Attributes:
        projection: [n, G·H].
        hidden: [n, H], the hidden state before the step.
        cell: [n, H], the cell state before the step, or ``None``.
        cell_after: [n, H], the cell state after the step, including its effect through the hidden state; or ``None``.
    """

    projection: Array
    hidden: Array
    cell: Array | None = None
    cell_after: Array | None = None


class Gate(NamedTuple):
    """A block of H columns of the weights.

    Attributes:
        name: its letter in papers, and in readings.
        title: for pictures, such as ``forget gate``.
        candidate: whether it is the candidate state, which has a sign, rather than a gate between 0 and 1.
        first_bias: its bias before training.
        held: the pre-activation for ablation: with it in all gates, a unit's hidden state stays at the cell's
            ``held_state`` whatever is read; ``None`` if the gate's value does not matter.
    """

    name: str
    title: str
    candidate: bool = False
    first_bias: float = 0.0
    held: float | None = None


class Cell(ABC):
    """A recurrent cell; :func:`recurra.cells.register` registers it.

    Attributes:
        name: in ``NetworkSettings.cell`` and model files.
        title: for people, such as ``LSTM``.
        gates: the G blocks of the [·, G·H] weights, in their order: ``(Gate("z", "update gate"), …)``.
        recurrent_weights: whether a step has a product with recurrent weights W_H.
        diagonal_weights: P, of a cell without such a product, the number of diagonal recurrent matrices: W_H is [P, H]
            then, a diagonal a row, and multiplied with a state element by element.
        recurrent_bias: whether there is a second bias b_H, added to the product with W_H.
        cell_state: whether a cell state c is carried in addition to the hidden state h.
        state_bound: the largest absolute value of the hidden state and of the candidate, ``None`` if unbounded.
        held_state: the hidden state of a unit whose gates are at their ``held``, which ablation makes constant so.
        compiled: the kernels that compute it, if any.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    gates: ClassVar[tuple[Gate, ...]]
    recurrent_weights: ClassVar[bool] = True
    diagonal_weights: ClassVar[int] = 0
    recurrent_bias: ClassVar[bool] = False
    cell_state: ClassVar[bool] = False
    state_bound: ClassVar[float | None] = 1.0
    held_state: ClassVar[float] = 1.0
    compiled: ClassVar[CompiledForms] = CompiledForms()

    def recurrent_shape(self, hidden: int) -> tuple[int, int] | None:
        """The shape of W_H, ``None`` if there is none.

        Args:
            hidden: H.
        """
        if self.recurrent_weights:
            return hidden, hidden * len(self.gates)
        return (self.diagonal_weights, hidden) if self.diagonal_weights else None

    @property
    def gated(self) -> bool:
        """Whether any block is a gate; false if there is only the candidate."""
        return not all(gate.candidate for gate in self.gates)

    @abstractmethod
    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """One step of n documents; the same formula for torch's tensors and NumPy's arrays.

        Args:
            ops: ``tanh`` and ``sigmoid`` for this kind of array.
            projection: [n, G·H], the input projection W_I·x + b of this step's tokens.
            state: the state before the step, arrays of [n, H].
            W_H: [H, G·H], recurrent weights, or [P, H], the diagonals; or ``None``.
            b_H: [G·H], recurrent bias, or ``None``.

        Returns:
            The state after the step, and the activations of the gates, one [n, H] array each, in ``gates``' order.
        """

    @abstractmethod
    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Array | None, b_H: Array | None
    ) -> StepGradient:
        """The gradient of one step in NumPy, for explanations.

        Args:
            d_state: gradient with respect to the hidden state after the step, in total, and with respect to the cell
                state after it, only as an input of the next step.
            activations: of the gates, from :meth:`step`.
            state: the state before the step.
            W_H: [H, G·H] or [P, H], or ``None``.
            b_H: [G·H], or ``None``.
        """

    def kept_share(self, gates: Mapping[str, Array]) -> Array | None:
        """The share of the carried state that each step keeps, [..., H]; ``None`` if no gate says it.

        Args:
            gates: the activations, [..., H], by the gates' names; empty if the cell is not gated.
        """
        return None
