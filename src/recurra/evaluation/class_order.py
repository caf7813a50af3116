"""Classes that were given in another order than the columns of their probabilities have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.plain_values import plain_list

__all__ = ["class_order_note"]

# Another order is better by at least so many rows and this share of them, and right in more than half.
FEWEST_ROWS, LEAST_GAIN, LEAST_RIGHT = 20, 0.2, 0.5
# Classes whose pairs are counted: their table grows with the square.
MOST_CLASSES = 2000
SHOWN = 5


def class_order_note(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64], classes: Sequence[Label]
) -> str:
    """What is said where the classes in another order would match far better; else empty.

    The orders that are tried are the sorted one, in which most classifiers have them, and that in which each column
    stands for the class that is true most often where it is the greatest.

    Args:
        probabilities: float[B, C].
        targets: class numbers int64[B]; from C on of labels that are no class.
        classes: C labels.
    """
    size = len(classes)
    if len(targets) < FEWEST_ROWS or size > MOST_CLASSES:
        return ""
    known = targets < size
    pairs = np.zeros((size, size), dtype=np.int64)
    np.add.at(pairs, (probabilities.argmax(axis=1)[known], targets[known]), 1)
    orders = [np.array(sorted(range(size), key=lambda place: (str(type(classes[place])), classes[place])))]
    greatest = np.flatnonzero(pairs.sum(axis=1))
    likeliest = pairs[greatest].argmax(axis=1)
    if len(set(likeliest.tolist())) == len(greatest):
        matched = np.full(size, -1)
        matched[greatest] = likeliest
        # Columns that are never the greatest have the classes that are left, in the order given.
        matched[matched < 0] = np.setdiff1d(np.arange(size), likeliest)
        orders.append(matched)
    given, columns = int(np.trace(pairs)), np.arange(size)
    for order in orders:
        right = int(pairs[columns, order].sum())
        if right - given >= max(FEWEST_ROWS, LEAST_GAIN * len(targets)) and right > LEAST_RIGHT * len(targets):
            plain = plain_list(classes)
            shown = ", ".join(f"{plain[place]!r:.40}" for place in order[:SHOWN].tolist())
            more = ", …" if size > SHOWN else ""
            return (
                f"the classes may not be in the order of the columns: {given:,} of {len(targets):,} rows are right, "
                f"and {right:,} would be with the classes as {shown}{more}: give model.classes_"
            )
    return ""
