"""Targets for scores from labels as they are written, beside class numbers and indicators."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.errors import DataError

__all__ = ["as_targets"]


def as_targets(targets: Any, classes: Sequence[Label], unknown: Sequence[Any] = ()) -> npt.NDArray[Any]:
    """Class numbers int64[B] for B strings, an indicator bool[B, C] for B lists of strings; others as they are.

    Args:
        targets: class numbers, an indicator, labels that are strings, or lists of them.
        classes: C labels.
        unknown: labels that are not classes, in the order of their numbers; not for lists.

    Raises:
        DataError: a label is none of these, or the lists are no rows of one length.
    """
    if not hasattr(targets, "__iter__") or (isinstance(targets, np.ndarray) and targets.dtype.kind in "biuf"):
        return np.asarray(targets)
    rows = targets.tolist() if hasattr(targets, "tolist") else list(targets)
    if any(isinstance(row, str) for row in rows):
        places = {label: place for place, label in enumerate([*classes, *unknown])}
        _check_known([row for row in rows if row not in places], classes, "name the others with unknown=[…]")
        return np.array([places[row] for row in rows], dtype=np.int64)
    if any(isinstance(label, str) for row in rows if isinstance(row, list | tuple | set) for label in row):
        _check_known([label for row in rows for label in row if label not in classes], classes, "leave the others out")
        return np.array([[label in row for label in classes] for row in rows], dtype=np.bool_)
    try:
        return np.asarray(rows)
    except ValueError:
        raise DataError(
            f"The targets are {rows!r:.60}", "Give one class number or label a row, or bool[rows, classes]."
        ) from None


def _check_known(others: Collection[Any], classes: Sequence[Label], hint: str) -> None:
    if others:
        shown = ", ".join(f"{label!r:.40}" for label in list(dict.fromkeys(others))[:5])
        raise DataError(
            f"There are labels that are no class, {shown}", f"Give labels such as {classes[0]!r:.40}, or {hint}."
        )
