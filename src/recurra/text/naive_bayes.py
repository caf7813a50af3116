"""Naive Bayes on one half of some rows, scored on the other: what words, or trigrams of characters, tell of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.text.scripts import code_points

__all__ = ["crossfitted", "trigrams"]

# Trigrams that fall into one place are taken for one: with so many places few of the frequent ones do.
PLACES = 1 << 15
# Laplace's rule of succession, softened as for many rare features.
SMOOTHING = 0.1


def trigrams(texts: Sequence[str]) -> Ragged:
    """Ids of the runs of three characters of each text, in lower case and with a space at either end.

    Cavnar and Trenkle (1994) told languages apart by such runs.
    """
    bare = [f" {text.lower()} " for text in texts]
    points = np.concatenate([code_points(bare).astype(np.uint64), np.zeros(2, dtype=np.uint64)])
    # Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): the upper bits are mixed best.
    mixed = (points[:-2] << np.uint64(42)) ^ (points[1:-1] << np.uint64(21)) ^ points[2:]
    ids = ((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - 15)).astype(np.int32)
    lengths = np.array([len(text) for text in bare], dtype=np.int64)
    # The last two places of a text begin no trigram of its own.
    inner = np.repeat(np.cumsum(lengths), lengths) - np.arange(int(lengths.sum())) > 2
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.maximum(lengths - 2, 0))])
    return Ragged(ids[inner], offsets)


def crossfitted(features: Ragged, targets: npt.NDArray[np.int64], *, count: int) -> npt.NDArray[np.bool_]:
    """Which rows multinomial naive Bayes classifies rightly, learned from the rows of the other half.

    Args:
        features: ids of each row's features, B rows.
        targets: int64[B], their classes.
        count: features there are.

    Returns:
        bool[B]; the halves are the rows of even and of odd place.
    """
    _, targets = np.unique(targets, return_inverse=True)
    classes = int(targets.max()) + 1
    owners = np.repeat(np.arange(len(targets)), features.lengths)
    right = np.zeros(len(targets), dtype=bool)
    for half in (0, 1):
        learned = owners % 2 == half
        of_class, values = targets[owners[learned]], features.values[learned]
        others, asked = owners[~learned] // 2, features.values[~learned]
        answers = targets[1 - half :: 2]
        prior = np.log(np.bincount(targets[half::2], minlength=classes) + SMOOTHING)
        scores = np.empty((len(answers), classes))
        for one in range(classes):
            met = np.bincount(values[of_class == one], minlength=count) + SMOOTHING
            evidence = np.log(met / met.sum())
            scores[:, one] = prior[one] + np.bincount(others, weights=evidence[asked], minlength=len(answers))
        right[1 - half :: 2] = scores.argmax(axis=1) == answers
    return right
