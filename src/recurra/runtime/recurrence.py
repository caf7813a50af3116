"""One direction of one recurrent layer on a packed batch, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches import Packed
from recurra.recurrence.cells import Cell, State
from recurra.runtime.ops import NUMPY

__all__ = ["Drive", "Weights", "run_direction"]

Array = npt.NDArray[np.float32]

Drive = Callable[[int, int], Array]
"""``drive(first, end)`` gives W_I·x + b of the packed rows from ``first`` up to ``end``, [end - first, G·H]."""

# Rows whose drive is made at once: enough for one good matrix product, few enough to stay in the cache.
SLAB = 4096


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights of one direction of one layer.

    Attributes:
        W_I: [I, G·H], of the input.
        W_H: [H, G·H], of the state.
        b: [G·H].
        b_H: [G·H], or ``None`` where the cell has none.
    """

    W_I: Array
    W_H: Array
    b: Array
    b_H: Array | None


def run_direction(
    cell: Cell, drive: Drive, weights: Weights, packed: Packed, *, backward: bool, keep: bool
) -> tuple[Array, Array]:
    """Reads all documents of a batch, each from its own first (or last) word on.

    The documents that run at step t are the first ``active[t]``. Forward, a document that has ended keeps its state;
    backward, one joins at its last word with the zero state that it has had so far. So nothing is padded, reversed or
    masked, and what is left in the state at the end is every document's final state.

    Args:
        cell: the formula.
        drive: the input's part of it.
        weights: of this direction.
        packed: where each row belongs; only its layout is read.
        backward: from the last word to the first.
        keep: whether the states at all words are asked for.

    Returns:
        The final states, [B, H] by falling length; and the states at all words, [N, H], or [0, H] if not kept.
    """
    hidden = weights.W_H.shape[0]
    final = np.zeros((len(packed.lengths), hidden), dtype=np.float32)
    carried = np.zeros_like(final) if cell.cell_state else None
    states = np.empty((len(packed.ids) if keep else 0, hidden), dtype=np.float32)
    starts = packed.starts.tolist()
    for first, end in _slabs(starts, backward=backward):
        rows = drive(starts[first], starts[end])
        for step in reversed(range(first, end)) if backward else range(first, end):
            a, b = starts[step], starts[step + 1]
            before = State(final[: b - a], None if carried is None else carried[: b - a])
            after, _ = cell.step(NUMPY, rows[a - starts[first] : b - starts[first]], before, weights.W_H, weights.b_H)
            final[: b - a] = after.hidden
            if carried is not None:
                carried[: b - a] = after.cell
            if keep:
                states[a:b] = after.hidden
    return final, states


def _slabs(starts: list[int], *, backward: bool) -> Iterator[tuple[int, int]]:
    """Cuts the steps, in reading order, into ranges of about :data:`SLAB` rows, one step at least."""
    steps = len(starts) - 1
    bounds = [0]
    for step in range(1, steps):
        if starts[step + 1] - starts[bounds[-1]] > SLAB:
            bounds.append(step)
    ranges = list(zip(bounds, [*bounds[1:], steps], strict=True)) if steps else []
    return reversed(ranges) if backward else iter(ranges)
