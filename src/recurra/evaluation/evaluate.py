"""From probabilities and true classes to scores with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError, SettingsError
from recurra.evaluation.evaluation import ClassScore, Evaluation
from recurra.evaluation.intervals import bootstrap, wilson
from recurra.evaluation.metrics import (
    calibration_error,
    confusion_matrix,
    counted_scores,
    log_losses,
    macro_f1,
    reliability,
    weighted_f1,
)

__all__ = ["checked", "evaluate"]

# A softmax in float32 over many classes is off by less; logits or percentages by far more.
SUM_TOLERANCE = 1e-3


def evaluate(
    probabilities: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int64],
    classes: Sequence[Label],
    *,
    unknown: Sequence[Label] = (),
    seed: int = 0,
    resamples: int = 1000,
) -> Evaluation:
    """Scores a classifier's probabilities against the true classes.

    Rows may have labels that the classifier does not know. They count as wrong: each such label is a class of its own
    that is never found, in accuracy, macro and weighted F1, precision, ECE and reliability. It has no probability, so
    that the log loss is that of the other rows; and the classes and their confusion are those of the classifier.

    Args:
        probabilities: float32[B, C], each row sums to 1.
        targets: int64[B], the true class of each row, 0 to C - 1; from C on an unknown label.
        classes: C labels, in the order of the columns.
        unknown: U labels that are no classes, in the order of their numbers.
        seed: of the bootstrap.
        resamples: of the bootstrap, 1 or more; their memory does not grow with it.

    Raises:
        DataError: no rows, or none of a class, shapes that do not fit, a target out of range, or rows that are not
            probabilities.
        SettingsError: ``resamples`` is below 1.
    """
    probabilities, targets = checked(probabilities, targets, classes, unknown)
    if resamples < 1:
        raise SettingsError(f"resamples is {resamples}", "Give 1 or more; 1000 is usual.")
    predicted = probabilities.argmax(axis=1)
    known, every = targets < len(classes), len(classes) + len(unknown)
    right, confidence = predicted == targets, probabilities.max(axis=1).astype(np.float64)
    scores = counted_scores(*(np.bincount(some, minlength=every) for some in (targets[right], targets, predicted)))
    intervals = bootstrap(probabilities, targets, seed=seed, resamples=resamples)
    # Wilson's interval keeps a width at 100 %, where every resample scores the same.
    intervals["accuracy"] = wilson(int(right.sum()), len(targets))
    return Evaluation(
        rows=len(targets),
        accuracy=float(right.mean()),
        macro_f1=float(macro_f1(scores.f1, scores.support + scores.predicted)),
        weighted_f1=float(weighted_f1(scores.f1, scores.support)),
        log_loss=float(log_losses(probabilities[known], targets[known]).mean()),
        ece=calibration_error(confidence, right),
        intervals=intervals,
        classes=tuple(
            ClassScore(label, float(precision), float(recall), float(f1), int(support))
            for label, precision, recall, f1, support in zip(
                classes, *(some[: len(classes)] for some in scores[:4]), strict=True
            )
        ),
        confusion=confusion_matrix(targets[known], predicted[known], len(classes)),
        reliability=reliability(confidence, right),
        unknown_labels=int((~known).sum()),
    )


def checked(
    probabilities: npt.NDArray[np.float32],
    targets: npt.NDArray[np.int64],
    classes: Sequence[Label],
    unknown: Sequence[Label] = (),
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The same arrays as float32[B, C] and int64[B], after making sure that they fit each other.

    Raises:
        DataError: they do not.
    """
    with np.errstate(over="ignore"):  # float64 beyond float32's range becomes infinite and is refused below
        probabilities = np.asarray(probabilities, dtype=np.float32)
    targets = np.asarray(targets, dtype=np.int64)
    if targets.ndim != 1 or probabilities.shape != (len(targets), len(classes)):
        raise DataError(
            f"Probabilities of shape {probabilities.shape}, targets of shape {targets.shape}, {len(classes)} classes",
            "Give [rows, classes] probabilities and one target a row.",
        )
    if not targets.size:
        raise DataError("There are no rows to evaluate", "Give one row or more with its true label.")
    every = len(classes) + len(unknown)
    if targets.min() < 0 or targets.max() >= every:
        wrong = targets[(targets < 0) | (targets >= every)][0]
        raise DataError(f"The target {wrong} is not a class", f"Give the index of a class, 0 to {every - 1}.")
    if targets.min() >= len(classes):
        raise DataError("No row has a label that is a class", "Give one row or more of the classes.")
    with np.errstate(invalid="ignore", over="ignore"):
        bad = ~((probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= SUM_TOLERANCE))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"Row {row} holds {np.array2string(probabilities[row], threshold=6, edgeitems=2, max_line_width=80)[:80]}",
            "Give probabilities: 0 or more, summing to 1.",
        )
    return probabilities, targets
