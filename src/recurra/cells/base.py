"""What a cell is: names, shapes and one step of its formula."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple, Protocol

__all__ = ["Cell", "Ops", "State"]


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


class Cell(ABC):
    """One recurrent cell.

    Attributes:
        name: as in :class:`recurra.networks.settings.NetworkSettings`.
        gates: the names of the G blocks of the [·, G·H] weights, in their order.
        recurrent_bias: whether there is a second bias b_H beside W_H.
        cell_state: whether a cell state c is carried beside the hidden state h.
        first_bias: block of ``gates`` whose bias starts at 1 instead of 0, if any.
    """

    name: ClassVar[str]
    gates: ClassVar[tuple[str, ...]]
    recurrent_bias: ClassVar[bool] = False
    cell_state: ClassVar[bool] = False
    first_bias: ClassVar[str | None] = None

    @abstractmethod
    def step(self, ops: Ops, drive: Any, state: State, W_H: Any, b_H: Any) -> tuple[State, tuple[Any, ...]]:
        """One step of n documents.

        Args:
            ops: ``tanh`` and ``sigmoid`` for the arrays' kind.
            drive: [n, G·H], the pre-activation W_I·x + b of this step's tokens.
            state: the state before the step, arrays of [n, H].
            W_H: [H, G·H], recurrent weights.
            b_H: [G·H], recurrent bias, or ``None``.

        Returns:
            The state after the step, and the activations of the gates, one [n, H] array each, in ``gates``' order.
        """
