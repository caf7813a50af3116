"""Targets for scores from labels as they are written, beside class numbers and indicators."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError

__all__ = ["as_targets"]

ROW_HINT = "Give one class number or label a row, or bool[rows, classes]."


def as_targets(targets: Any, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> npt.NDArray[Any]:
    """Class numbers int64[B] of B labels, or an indicator bool[B, C] of B lists of them or a matrix of zeros and ones.

    Labels are labels: where the classes are whole numbers, numbers are looked up among them. Beside other classes, such
    as strings, whole numbers are class numbers already.

    Args:
        targets: labels, lists of labels, an indicator, or class numbers.
        classes: C labels.
        unknown: labels that are not classes, in the order of their numbers; not for lists.

    Raises:
        DataError: a label is none of these, or the lists are no rows of one length.
    """
    if getattr(targets, "ndim", 1) == 2:
        return _indicator(np.asarray(targets.toarray() if hasattr(targets, "toarray") else targets))
    rows = targets.tolist() if hasattr(targets, "tolist") else targets
    if not hasattr(rows, "__iter__"):
        return np.asarray(rows)
    rows = list(rows)
    several = [row for row in rows if isinstance(row, list | tuple | set | frozenset | np.ndarray)]
    if several:
        if not _are_labels([label for row in several for label in row], classes):
            return _indicator(_array_of(rows))
        if len(several) < len(rows):
            raise DataError(f"The targets are {rows!r:.60}", ROW_HINT)
        _check_known([label for row in rows for label in row if label not in classes], classes, "leave the others out")
        return np.array([[label in row for label in classes] for row in rows], dtype=np.bool_)
    if _are_labels(rows, classes):
        places = {label: place for place, label in enumerate([*classes, *unknown])}
        _check_known([row for row in rows if row not in places], classes, "name the others with unknown=[…]")
        return np.array([places[row] for row in rows], dtype=np.int64)
    numbers = _array_of(rows)
    if len(rows) and not (numbers.dtype.kind in "biuf" and (numbers == np.trunc(numbers)).all()):
        raise DataError(f"The targets are {rows!r:.60}", f"Give labels such as {classes[0]!r:.40}, or class numbers.")
    return numbers


def _are_labels(values: Sequence[Any], classes: Sequence[Label]) -> bool:
    """Whether values are labels, and not the numbers of classes."""
    if any(isinstance(value, str) for value in values):
        return True
    if not classes or not all(isinstance(label, int | float) for label in classes):
        return False
    whole = all(isinstance(label, int) or label.is_integer() for label in classes if isinstance(label, int | float))
    return whole or any(isinstance(value, float) for value in values)


def _array_of(rows: list[Any]) -> npt.NDArray[Any]:
    try:
        return np.asarray(rows)
    except ValueError:
        raise DataError(f"The targets are {rows!r:.60}", ROW_HINT) from None


def _indicator(matrix: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if matrix.dtype.kind not in "biuf" or not np.isin(matrix, (0, 1)).all():
        raise DataError(
            f"The targets are a matrix {list(matrix.shape)} of more than zeros and ones",
            f"{ROW_HINT} The probabilities come before them.",
        )
    return matrix.astype(np.bool_)


def _check_known(others: Collection[Any], classes: Sequence[Label], hint: str) -> None:
    if others:
        shown = ", ".join(f"{label!r:.40}" for label in list(dict.fromkeys(others))[:5])
        raise DataError(
            f"There are labels that are no class, {shown}", f"Give labels such as {classes[0]!r:.40}, or {hint}."
        )
