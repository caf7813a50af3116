"""The contract that every engine computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from recurra.cells import Cell, State

__all__ = ["Engine", "Trace", "Weights"]


class Weights(NamedTuple):
    """The weights of one direction of one layer, gates in the cell's order.

    Attributes:
        W_I: [I, G·H], input weights.
        W_H: [H, G·H], recurrent weights, or [P, H], their diagonals; ``None`` where the cell has neither.
        b: [G·H], bias of the input projection.
        b_H: [G·H], recurrent bias, or ``None`` where the cell has none.
    """

    W_I: Tensor
    W_H: Tensor | None
    b: Tensor
    b_H: Tensor | None = None

    @property
    def recurrent(self) -> Tensor:
        """W_H, for kernels of cells that have one."""
        if self.W_H is None:
            raise ValueError("The cell has no recurrent weights.")
        return self.W_H


class Trace(NamedTuple):
    """What one direction of one layer computed, in the packed order of its inputs.

    The final state needs no field of its own: it is the row of a document's last word going forward, and of its
    first word going backward.

    Attributes:
        hidden: [N, H], the hidden state at each token.
        cell: [N, H], the cell state at each token; ``None`` for cells without one or if not recorded.
        gates: [N, G·H], the gates' activations; ``None`` if not recorded.
    """

    hidden: Tensor
    cell: Tensor | None = None
    gates: Tensor | None = None


class Engine(Protocol):
    """Computes recurrent layers on packed batches (:class:`recurra.batches.Packed`).

    Attributes:
        name: the value of the setting ``engine`` that selects it.
        device: the kind of device that its kernels are for, or ``None`` for every kind; elsewhere another engine
            computes the layer.
    """

    name: str
    device: str | None

    def supports(self, cell: Cell) -> bool:
        """Whether this engine computes the cell."""

    def layer(
        self,
        cell: Cell,
        inputs: Tensor,
        weights: Sequence[Weights],
        active: Sequence[int],
        *,
        initial: Sequence[State] | None = None,
    ) -> list[Tensor]:
        """One layer, one or two directions.

        Args:
            cell: the formula.
            inputs: [N, I], the packed inputs, N ≥ 1.
            weights: those of the forward direction, then those of the backward one if there are two.
            active: how many documents run at each step; falling, sum N.
            initial: the state before the first word each direction reads, arrays of [active[0], H] in packed
                order; zero if not given.

        Returns:
            A [N, H] tensor of hidden states a direction, differentiable with respect to inputs, weights and initial.
        """
