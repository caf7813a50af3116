"""Rows of a labelled file behind a number: of a cell of the confusion matrix, or of decisions about a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.evaluation.mistakes import shorten

__all__ = ["ConfusionRow", "rows_at"]


@dataclass(frozen=True)
class ConfusionRow:
    """A row behind a number.

    Attributes:
        number: of the row, as messages and spreadsheets have it.
        text: title and text, at most 280 characters.
        probability: of the predicted class; of the label, where rows have several.
    """

    number: int
    text: str
    probability: float


def rows_at(
    places: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    *,
    falling: bool,
    most: int,
    documents: Sequence[Document],
    numbers: npt.NDArray[np.int64],
) -> list[ConfusionRow]:
    """The rows at some places, by their probability.

    Args:
        places: int64[N], places among the B rows.
        probabilities: float[B].
        falling: whether the most probable comes first, or the least probable.
        most: largest number of rows.
        documents: B texts or (title, text) pairs.
        numbers: int64[B], of the rows, in messages.
    """
    keys = probabilities[places]
    order = places[np.argsort(-keys if falling else keys, kind="stable")][:most]
    return [
        ConfusionRow(int(numbers[place]), shorten(documents[place]), float(probabilities[place]))
        for place in order.tolist()
    ]
