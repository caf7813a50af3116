"""Multinomial naive Bayes with two-fold cross-validation: how well words, or character trigrams, predict classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.text.scripts import code_points

__all__ = ["cross_val_correct", "trigrams"]

# Number of hash buckets for trigrams: enough that few of the frequent ones collide.
PLACES = 1 << 15
# Additive (Lidstone) smoothing, smaller than Laplace's because most features are rare.
SMOOTHING = 0.1


def trigrams(texts: Sequence[str]) -> Ragged:
    """Hashed ids of the character trigrams of each text, in lower case and with a space at either end.

    Cavnar and Trenkle (1994) used such n-grams to identify languages.
    """
    bare = [f" {text.lower()} " for text in texts]
    points = np.concatenate([code_points(bare).astype(np.uint64), np.zeros(2, dtype=np.uint64)])
    # Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): the upper bits are the best mixed.
    mixed = (points[:-2] << np.uint64(42)) ^ (points[1:-1] << np.uint64(21)) ^ points[2:]
    ids = ((mixed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - 15)).astype(np.int32)
    lengths = np.array([len(text) for text in bare], dtype=np.int64)
    # No trigram begins at the last two characters of a text.
    inner = np.repeat(np.cumsum(lengths), lengths) - np.arange(int(lengths.sum())) > 2
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.maximum(lengths - 2, 0))])
    return Ragged(ids[inner], offsets)


def cross_val_correct(features: Ragged, targets: npt.NDArray[np.int64], *, count: int) -> npt.NDArray[np.bool_]:
    """Which rows multinomial naive Bayes classifies correctly when it is trained on the other half of the rows.

    Args:
        features: ids of the features of B rows.
        targets: int64[B], their classes.
        count: number of different features.

    Returns:
        bool[B]; the halves are the even and the odd rows.
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
