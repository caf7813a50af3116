"""Which layers are measured."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recurra.cells import cell_named

__all__ = ["Shape", "shapes_of"]

# Of lesson/bilstm's embedding.
INPUTS = 128


class Shape(NamedTuple):
    """A layer and a batch.

    Attributes:
        cell: its name.
        hidden: H.
        steps: T, the words of the longest document.
        batch: B, documents.
        directions: D.
        inputs: I.
    """

    cell: str
    hidden: int
    steps: int
    batch: int
    directions: int = 2
    inputs: int = INPUTS

    @property
    def gates(self) -> int:
        """G."""
        return len(cell_named(self.cell).gates)

    @property
    def what(self) -> str:
        """The layer in words."""
        ways = "both directions" if self.directions == 2 else "one direction"
        return f"{self.cell}({self.hidden}), {ways}, batch {self.batch}, {self.steps} steps"

    def lengths(self, seed: int = 0) -> list[int]:
        """Falling lengths from half the steps on, evenly drawn; the longest document has all steps."""
        drawn = np.random.default_rng(seed).integers(self.steps // 2, self.steps, self.batch, endpoint=True)
        drawn[0] = self.steps
        return sorted(drawn.tolist(), reverse=True)


def shapes_of(cells: Sequence[str], widths: Sequence[int], steps: Sequence[int], *, batch: int) -> list[Shape]:
    """Every cell with every width and every length.

    Raises:
        SettingsError: no such cell.
    """
    return [
        Shape(cell_named(cell).name, hidden, long, batch)
        for cell, hidden, long in itertools.product(cells, widths, steps)
    ]
