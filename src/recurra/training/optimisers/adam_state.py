"""An embedding's rows under Adam, each moved only when it is read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import WorkItem, parallel_for, split_range

__all__ = ["WORTH_A_THREAD", "AdamState", "Moves"]

Array = npt.NDArray[np.float32]
_NONE = np.empty((0, 0), dtype=np.float32)

# Numbers that a thread moves in some ten microseconds, about what it takes to ask it.
WORTH_A_THREAD = 10_000
# Steps after which a row with no gradient has come to rest: 0.9²⁵⁶ is 2e-12.
REST = 256


class Moves:
    """What the steps behind each step do to a row that no batch reads; see :mod:`recurra.kernels.adam`.

    With C the decay up to a step, and r = β₂^(-j/2), the sums for step t are Σ_j α(t+j) β₁ʲ r (r - 1)ⁿ / C(t+j) over
    the steps j behind it, for n from 0 to 3.

    Args:
        betas: β₁ and β₂.

    Attributes:
        steps: how many steps there were.
    """

    def __init__(self, betas: tuple[float, float]) -> None:
        j = np.arange(1, REST + 1)
        r = betas[1] ** (-j / 2)
        # Of the furthest first, as the steps stand in the table.
        self._shares = (betas[0] ** j * r * (r - 1) ** np.arange(4)[:, None])[:, ::-1].T.copy()
        self._table = np.zeros((1024, 5))
        self._table[0, 4] = 1
        self.steps = 0

    @property
    def table(self) -> npt.NDArray[np.float64]:
        """[steps + 1, 5], a row a step: the four sums and C."""
        return self._table[: self.steps + 1]

    @table.setter
    def table(self, values: npt.NDArray[np.float64]) -> None:
        self.steps = len(values) - 1
        self._table = values.copy()

    def add(self, rate: float, decay: float) -> None:
        """Takes in a step.

        Args:
            rate: its α.
            decay: what it multiplies weights with.
        """
        self.steps += 1
        if self.steps == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        product = self._table[self.steps - 1, 4] * decay
        self._table[self.steps, 4] = product
        behind = min(self.steps, REST)
        self._table[self.steps - behind : self.steps, :4] += rate / product * self._shares[-behind:]


class AdamState:
    """The rows of an embedding with their moments.

    Args:
        weights: float32[V, E], moved in place.
        betas: β₁ and β₂.
        epsilon: ε.
        touched: move the rows that a batch reads, and no others.
    """

    def __init__(self, weights: Array, betas: tuple[float, float], epsilon: float, *, touched: bool) -> None:
        self.weights, self.betas, self.epsilon, self.touched = weights, betas, epsilon, touched
        self.m, self.v = np.zeros_like(weights), np.zeros_like(weights)
        self.last = np.zeros(len(weights), dtype=np.int64)
        self.moves = Moves(betas)
        self._all = np.arange(len(weights))
        # Rows that are worth a thread.
        self._least = max(1, WORTH_A_THREAD // weights.shape[1])

    def catch_up(self, rows: npt.NDArray[np.int64] | None = None) -> None:
        """Brings rows, all of them if none are named, to where the dense rule has them after the steps so far."""
        if not self.touched:
            every = self._all if rows is None else rows
            kernel = kernels_of("adam").catch_up

            def some(first: int, end: int) -> None:
                kernel(
                    every[first:end], self.weights, self.m, self.v, self.last, self.moves.steps, *self.betas,
                    self.epsilon, self.moves.table,
                )  # fmt: skip

            parallel_for(some, len(every), least=self._least)

    def flushed(self) -> Array:
        """A copy of the weights in which every row is caught up; the rows themselves stay as they are."""
        if self.touched:
            return self.weights.copy()
        flushed = np.empty_like(self.weights)
        kernels_of("adam").copy_flushed(
            self.weights, self.m, self.v, self.last, self.moves.steps, self.epsilon, self.moves.table, flushed
        )
        return flushed

    def moving(
        self, rows: npt.NDArray[np.int64], gradients: Array, squares: Array | None, *, scale: float, rate: float,
        decay: float,
    ) -> list[WorkItem]:  # fmt: skip
        """Tasks, to be done side by side, that move rows along their gradients.

        All others move by what their moments say when they are next caught up.

        Args:
            rows: int64[U], different ones, caught up.
            gradients: [U, E].
            squares: [U, E], what takes the place of the gradients' squares.
            scale: what gradients are multiplied with.
            rate: α.
            decay: what weights are multiplied with.
        """
        self.moves.add(rate, decay)
        kernel = kernels_of("adam").step_rows

        def some(first: int, end: int) -> None:
            part = slice(first, end)
            kernel(
                rows[part], self.weights, self.m, self.v, gradients[part], _NONE if squares is None else squares[part],
                scale, *self.betas, rate, self.epsilon, decay, self.last, self.moves.steps,
            )  # fmt: skip

        return split_range(some, len(rows), least=self._least)
