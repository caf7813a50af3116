"""The rows of a file whose gradient reaches far back, and those where it vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.evaluation.mistakes import shorten

__all__ = ["FlowRow", "FlowRowJson", "end_rows"]

# Rows with the largest norm, and as many with the smallest.
NAMED = 5


class FlowRowJson(TypedDict):
    """A :class:`FlowRow` as JSON."""

    number: int
    text: str
    norm: float


@dataclass(frozen=True)
class FlowRow:
    """A row of the file at the last distance of a :class:`recurra.inspection.gradient_flow.GradientFlow`.

    Attributes:
        number: of the row, as messages and spreadsheets have it.
        text: title and text, at most 280 characters.
        norm: of the gradient there, relative to that at distance 0.
    """

    number: int
    text: str
    norm: float

    def to_dict(self) -> FlowRowJson:
        """Plain values."""
        return {"number": self.number, "text": self.text, "norm": self.norm}


def end_rows(
    norms: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64], documents: Sequence[Document]
) -> tuple[FlowRow, ...]:
    """The rows with the largest and the smallest relative norm at the last distance, by falling norm.

    Args:
        norms: float64[B, D + 1], by distance; NaN beyond a document's length.
        numbers: int64[B], of the rows.
        documents: B texts or (title, text) pairs.
    """
    if norms.shape[1] < 2:
        # At distance 0 all have 1.
        return ()
    there = np.flatnonzero((norms[:, 0] > 0) & ~np.isnan(norms[:, -1]))
    relative = norms[there, -1] / norms[there, 0]
    order = np.argsort(-relative, kind="stable").tolist()
    chosen = order if len(order) <= 2 * NAMED else order[:NAMED] + order[-NAMED:]
    places = there.tolist()
    return tuple(
        FlowRow(int(numbers[places[one]]), shorten(documents[places[one]]), float(relative[one])) for one in chosen
    )
