"""What a cell is: all that the rest of Recurra asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.cells.compiled import Compiled

__all__ = ["SATURATED", "Cell", "Gate", "Ops", "State", "StepGradient"]

Array = npt.NDArray[np.float64]

# A gate's pre-activation at which float32's sigmoid and tanh are 0 and 1 as good as exactly; at more, the kernels'
# products of powers could overflow.
SATURATED = 20.0


class Ops(Protocol):
    """The element-wise functions a formula needs: ``torch`` itself, or the NumPy ones of the runtime."""

    tanh: Any
    sigmoid: Any


class State(NamedTuple):
    """What is carried from step to step.

    Attributes:
        hidden: [n, H], the hidden state.
        cell: [n, H], the cell state, or ``None`` for cells without one.
    """

    hidden: Any
    cell: Any = None


class StepGradient(NamedTuple):
    """Gradients with respect to what a step takes.

    Attributes:
        projection: [n, G·H].
        hidden: [n, H], the hidden state before the step.
        cell: [n, H], the cell state before the step, or ``None``.
        cell_after: [n, H], the cell state after the step, its way through the hidden state included; or ``None``.
    """

    projection: Array
    hidden: Array
    cell: Array | None = None
    cell_after: Array | None = None


class Gate(NamedTuple):
    """A block of H columns of the weights.

    Attributes:
        name: its letter in papers, by which readings call it.
        title: for pictures, such as ``forget gate``.
        candidate: whether it is what may be written into the state, which has a sign, and no gate between 0 and 1.
        first_bias: what its bias is before training.
        held: the pre-activation that, in all gates together, keeps a unit's hidden state at the cell's ``held_state``
            whatever was read; ``None`` where the gate may stand anywhere.
    """

    name: str
    title: str
    candidate: bool = False
    first_bias: float = 0.0
    held: float | None = None


class Cell(ABC):
    """One recurrent cell. :func:`recurra.cells.register` makes it known.

    Attributes:
        name: as ``NetworkSettings.cell`` and model files have it.
        title: for people, such as ``LSTM``.
        gates: the G blocks of the [·, G·H] weights, in their order.
        recurrent_weights: whether a product with W_H leads from step to step.
        recurrent_bias: whether there is a second bias b_H beside W_H.
        cell_state: whether a cell state c is carried beside the hidden state h.
        state_bound: the largest magnitude of the hidden state and of the candidate, ``None`` if there is none.
        held_state: the hidden state of a unit whose gates stand at their ``held``: how ablation makes it a constant.
        compiled: which kernels compute it; none need.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    gates: ClassVar[tuple[Gate, ...]]
    recurrent_weights: ClassVar[bool] = True
    recurrent_bias: ClassVar[bool] = False
    cell_state: ClassVar[bool] = False
    state_bound: ClassVar[float | None] = 1.0
    held_state: ClassVar[float] = 1.0
    compiled: ClassVar[Compiled] = Compiled()

    @property
    def gated(self) -> bool:
        """Whether any block is a gate, and not the candidate alone."""
        return not all(gate.candidate for gate in self.gates)

    @abstractmethod
    def step(self, ops: Ops, projection: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """One step of n documents, for torch's tensors and NumPy's arrays alike.

        Args:
            ops: ``tanh`` and ``sigmoid`` for the arrays' kind.
            projection: [n, G·H], the input projection W_I·x + b of this step's tokens.
            state: the state before the step, arrays of [n, H].
            W_H: [H, G·H], recurrent weights, or ``None``.
            b_H: [G·H], recurrent bias, or ``None``.

        Returns:
            The state after the step, and the activations of the gates, one [n, H] array each, in ``gates``' order.
        """

    @abstractmethod
    def step_gradient(
        self, d_state: State, activations: Sequence[Array], state: State, W_H: Array | None, b_H: Array | None
    ) -> StepGradient:
        """The gradient of one step, in NumPy; explanations run through it.

        Args:
            d_state: by the hidden state after the step, all ways from there on included, and by the cell state after
                it as the following step takes that.
            activations: of the gates, as :meth:`step` gave them.
            state: the state before the step.
            W_H: [H, G·H], or ``None``.
            b_H: [G·H], or ``None``.
        """
