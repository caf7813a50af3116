"""One classifier's answers in a comparison: which rows it has right, its scores, and the same scores of drawn rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label, LabelSet
from recurra.evaluation.evaluate import checked
from recurra.evaluation.intervals import resampled
from recurra.evaluation.label_sets import checked_sets, resampled_sets, set_scores
from recurra.evaluation.metrics import counted_scores, log_losses, macro_f1
from recurra.text.label_sets import decode_sets

__all__ = ["Contender", "gives_classes", "gives_sets"]

Array = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

OF_SETS = {"accuracy": "subset_accuracy", "micro_f1": "micro_f1", "macro_f1": "macro_f1", "log_loss": "log_loss"}
"""The scores of rows with several labels, as a comparison calls them."""


@dataclass(frozen=True, eq=False)
class Contender:
    """A classifier on B rows.

    Attributes:
        right: bool[B], the rows it has right; where rows have several labels, all of them have to be.
        scores: by name; ``accuracy`` is the share of right rows.
        draws: the same of each bootstrap resample, float64[resamples]; all contenders are scored on the same draws.
        sure: float64[B], the probability of each answer; of several labels that of the whole set, as if each label came
            by itself.
        answer: gives the label, or the list of labels, of a row by its place.
    """

    right: Flags
    scores: dict[str, float]
    draws: dict[str, Doubles]
    sure: Doubles
    answer: Callable[[int], Any]


def gives_classes(
    probabilities: Array,
    targets: npt.NDArray[np.int64],
    classes: Sequence[Label],
    unknown: Sequence[Label] = (),
    *,
    seed: int,
    resamples: int,
) -> Contender:
    """A classifier that gives each row its most probable class.

    Args:
        probabilities: float32[B, C].
        targets: int64[B], the true classes; from C on a label that is no class: see
            :func:`recurra.evaluation.evaluate`.
        classes: C labels, in the order of the columns.
        unknown: labels that are no classes, in the order of their numbers.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        DataError: arguments that do not fit each other.
    """
    checked(probabilities, targets, classes, unknown)
    given = probabilities.argmax(axis=1)
    right, known, every = given == targets, targets < len(classes), len(classes) + len(unknown)
    found = counted_scores(*(np.bincount(some, minlength=every) for some in (targets[right], targets, given)))
    scores = {
        "accuracy": float(right.mean()),
        "macro_f1": float(macro_f1(found.f1, found.support + found.predicted)),
        "log_loss": float(log_losses(probabilities[known], targets[known]).mean()),
    }
    return Contender(
        right=right,
        scores=scores,
        draws=resampled(probabilities, targets, seed=seed, resamples=resamples),
        sure=probabilities.max(axis=1).astype(np.float64),
        answer=lambda place: classes[int(given[place])],
    )


def gives_sets(
    probabilities: Array,
    thresholds: Array,
    targets: Flags,
    classes: Sequence[Label],
    unknown: Sequence[LabelSet] | None = None,
    *,
    seed: int,
    resamples: int,
) -> Contender:
    """A classifier that gives each row the labels whose probability reaches their threshold.

    Args:
        probabilities: float32[B, C].
        thresholds: float32[C].
        targets: bool[B, C], the labels that the rows have.
        classes: C labels, in the order of the columns.
        unknown: of each row, its labels that are no classes, as in :func:`recurra.evaluation.label_sets.evaluate_sets`.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        DataError: arguments that do not fit each other.
    """
    checked_sets(probabilities, targets, classes)
    given = probabilities >= thresholds
    scores = set_scores(probabilities, targets, thresholds, unknown)
    draws = resampled_sets(probabilities, targets, thresholds, unknown, seed=seed, resamples=resamples)
    missed = np.array([bool(labels) for labels in unknown]) if unknown else np.zeros(len(targets), dtype=bool)
    p = probabilities.astype(np.float64)
    return Contender(
        right=(given == targets).all(axis=1) & ~missed,
        scores={name: scores[of] for name, of in OF_SETS.items()},
        draws={name: draws[of] for name, of in OF_SETS.items()},
        sure=np.where(given, p, 1 - p).prod(axis=1),
        answer=lambda place: decode_sets(classes, given[[place]])[0],
    )
