"""Whether an answer still depends on the words when pads are read after them."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from recurra.runtime import Reading

__all__ = ["BOUND", "PadsJson", "pads_read"]

BOUND = 0.01
"""Distance of answers below which they are the same for whoever reads them: a point of probability."""


class PadsJson(TypedDict):
    """``count`` pads follow the words.

    ``distance`` is how far the answer for pads alone is from that after any of the words, at most: the total variation
    distance, and for several labels the largest difference of a probability. ``words_matter`` says whether it is
    :data:`BOUND` or more.
    """

    count: int
    distance: float
    words_matter: bool


def pads_read(reading: Reading, pad_to: int | None, *, multi_label: bool) -> PadsJson | None:
    """Compares the answers after all beginnings of a text with the answer for pads alone; all are read with their pads.

    Args:
        reading: of a text, word by word.
        pad_to: length up to which the model pads texts; ``None`` for a masked one.
        multi_label: whether each probability is of a decision of its own.

    Returns:
        ``None`` if there are no words, or no pads follow them.
    """
    words = len(reading.tokens)
    if pad_to is None or not 0 < words < pad_to:
        return None
    differences = np.abs(reading.probabilities.astype(np.float64) - reading.start)
    distances = differences.max(axis=1) if multi_label else differences.sum(axis=1) / 2
    distance = float(distances.max())
    return {"count": pad_to - words, "distance": round(distance, 7), "words_matter": distance >= BOUND}
