"""Labels that are probably wrong: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70, arXiv 1911.00068)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

__all__ = ["LabelErrors", "label_errors"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """What confident learning finds in B rows of C classes.

    Attributes:
        thresholds: float64[C], the mean probability of a class over the rows with its label: how sure the model usually
            is of it. NaN for a class without rows.
        confident: int64[C, C], the confident joint: number of rows by given label and confident class.
        joint: float64[C, C], the estimated joint distribution of given and true labels; it sums to 1.
        rows: int64[M], the suspected rows, by falling margin.
        suggested: int64[M], the class that each is suspected to be.
        margin: float64[M], probability of that class less that of the given label, above 0.
    """

    thresholds: Floats
    confident: Places
    joint: Floats
    rows: Places
    suggested: Places
    margin: Floats

    @property
    def noise(self) -> float:
        """The estimated share of wrong labels."""
        return float(1 - np.trace(self.joint))


def label_errors(probabilities: npt.NDArray[np.floating], targets: Places) -> LabelErrors:
    """Finds label errors by the paper's rule "prune by noise rate".

    With t_j the mean of p(j) over the rows labelled j, a row labelled i is *confidently* of the class j that has the
    largest p(j) among those with p(j) >= t_j. The counts C[i][j] of these rows, scaled so that each given label keeps
    its number of rows, estimate the joint distribution Q of given and true labels. For each i ≠ j the B · Q[i][j] rows
    labelled i with the largest margin p(j) - p(i) are suspected, except those with a margin of 0 or less.

    Beside the paper, a class whose t_j is below 1/C was not learned, as happens to a handful of rows: so many rows
    would reach such a threshold that the estimate says nothing. No row is confidently of it, and its own are taken as
    right.

    Args:
        probabilities: float[B, C], out of sample: from a model that was not trained on the row. A model that was
            reproduces its label.
        targets: int64[B], the given labels.

    Raises:
        DataError: shapes that do not fit, no rows, or a target that is no class.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or p.shape[0] != len(targets) or not len(targets):
        raise DataError(f"Probabilities of shape {p.shape} and {len(targets)} labels", "Give both for one row or more.")
    count, classes = p.shape
    if targets.min() < 0 or targets.max() >= classes:
        raise DataError(f"Labels from {targets.min()} to {targets.max()}", f"Give classes from 0 to {classes - 1}.")
    sizes = np.bincount(targets, minlength=classes)
    own = p[np.arange(count), targets]
    with np.errstate(invalid="ignore"):
        thresholds = np.bincount(targets, own, classes) / sizes
    # Nothing reaches NaN: no row can be of a class without rows, which has no threshold. The tolerance is for means of
    # equal numbers, which may round above them.
    learned = thresholds >= 1 / classes - 1e-12
    reached = (p >= thresholds - 1e-12) & learned & learned[targets][:, None]
    best = np.where(reached, p, -1).argmax(axis=1)
    some = reached.any(axis=1)
    confident = np.bincount(targets[some] * classes + best[some], minlength=classes**2).reshape(classes, classes)
    joint = _calibrated(confident, sizes)

    numbers = np.round(joint * count).astype(np.int64)
    # A row may be suspected to be of several classes; the one with the largest margin is kept.
    found: dict[int, tuple[float, int]] = {}
    for given in range(classes):
        rows = np.flatnonzero(targets == given)
        for other in range(classes):
            wanted = int(numbers[given, other])
            if other == given or not wanted:
                continue
            margin = p[rows, other] - p[rows, given]
            for place in np.argsort(-margin, kind="stable")[:wanted].tolist():
                row, gap = int(rows[place]), float(margin[place])
                if gap > max(0.0, found.get(row, (0.0, 0))[0]):
                    found[row] = gap, other
    order = sorted(found, key=lambda row: (-found[row][0], row))
    return LabelErrors(
        thresholds=thresholds,
        confident=confident,
        joint=joint,
        rows=np.array(order, dtype=np.int64),
        suggested=np.array([found[row][1] for row in order], dtype=np.int64),
        margin=np.array([found[row][0] for row in order], dtype=np.float64),
    )


def _calibrated(confident: Places, sizes: Places) -> Floats:
    """The confident joint with as many rows of each given label as there are, as shares of all rows."""
    kept = confident.astype(np.float64)
    # A label without a confident row is assumed to be right.
    none = kept.sum(axis=1) == 0
    kept[none, none.nonzero()[0]] = 1
    scaled = kept / kept.sum(axis=1, keepdims=True) * sizes[:, None]
    return np.asarray(scaled / scaled.sum())
