"""Targets for scores from labels as they are written, beside class numbers and indicators."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.data.plain_values import named_matrix, plain_list
from recurra.errors import DataError

__all__ = ["as_targets", "in_class_order", "kind_of_names", "places_of", "unnamed_columns"]

ROW_HINT = "Give one class number or label a row, or bool[rows, classes]."


def as_targets(
    targets: Any, classes: Sequence[Label], unknown: Sequence[Any] = (), *, class_numbers: bool = False
) -> npt.NDArray[Any]:
    """Class numbers int64[B] of B labels, or an indicator bool[B, C] of B lists of them or a matrix of zeros and ones.

    Labels are labels: numbers are looked up among classes that are numbers, and refused beside others.

    Args:
        targets: labels, lists of labels, or an indicator.
        classes: C labels.
        unknown: labels that are not classes, in the order of their numbers; not for lists.
        class_numbers: whether targets of one class a row are class numbers already.

    Raises:
        DataError: a label is none of these, or the lists are no rows of one length.
    """
    targets = in_class_order(targets, classes)
    if getattr(targets, "ndim", 1) == 2:
        return _indicator(np.asarray(targets.toarray() if hasattr(targets, "toarray") else targets))
    if not hasattr(targets, "__iter__") or getattr(targets, "ndim", 1) == 0:
        return np.asarray(targets)
    rows = plain_list(targets)
    several = [row for row in rows if isinstance(row, list | tuple | set | frozenset | np.ndarray)]
    if several:
        if not _are_labels([label for row in several for label in row], classes):
            return _indicator(_array_of(rows))
        if len(several) < len(rows):
            raise DataError(f"The targets are {rows!r:.60}", ROW_HINT)
        _check_known([label for row in rows for label in row if label not in classes], classes, "leave the others out")
        return np.array([[label in row for label in classes] for row in rows], dtype=np.bool_)
    if not class_numbers and _are_labels(rows, classes):
        places = {label: place for place, label in enumerate([*classes, *unknown])}
        _check_known([row for row in rows if row not in places], classes, "name the others with unknown=[…]")
        return np.array([places[row] for row in rows], dtype=np.int64)
    if rows and not class_numbers:
        raise DataError(
            f"The targets have labels such as {rows[0]!r:.40}, and the classes are such as {classes[0]!r:.40}",
            "Give labels as they stand in classes, or say class_numbers=True if these are the numbers of the classes.",
        )
    numbers = _array_of(rows)
    if len(rows) and not (numbers.dtype.kind in "biuf" and (numbers == np.trunc(numbers)).all()):
        raise DataError(f"The targets are {rows!r:.60}", f"Give labels such as {classes[0]!r:.40}, or class numbers.")
    return numbers


def in_class_order(matrix: Any, classes: Sequence[Label]) -> Any:
    """An indicator matrix whose columns have the order of the classes, where it is a data frame that names them.

    Names that are neither all texts nor all whole numbers say nothing, nor do 0, 1, 2, …, which a frame has that was
    given none: their columns stay as they are, unless these are the classes. No data frame is returned unchanged.

    Args:
        matrix: [B, C]; a data frame of pandas or Polars or an Arrow table has names of its columns.
        classes: C labels.

    Raises:
        DataError: its names are not the classes, or the classes are the numbers of columns.
    """
    found = named_matrix(matrix)
    if found is None:
        return matrix
    names, places = found.names, places_of(found.names, classes)
    if places is not None:
        return found.values[:, places]
    if (kind := kind_of_names(names)) is None or names == list(range(len(names))):
        return found.values
    if kind is str and not any(isinstance(one, str) for one in classes):
        raise unnamed_columns(names, classes)
    if kind is int and list(classes) == list(range(len(classes))):
        raise unnamed_columns(names, classes)
    if all(isinstance(one, kind) for one in classes):
        wrong = [one for one in names if one not in classes] or [one for one in classes if one not in names] or names
        raise DataError(
            "The columns of the indicator matrix are not the classes: "
            f"{', '.join(f'{one!r:.40}' for one in wrong[:5])} "
            f"{'is' if len(wrong) == 1 else 'are'} not in both, or twice",
            f"Give a column for each class, named as it is, such as {classes[0]!r:.40}.",
        )
    return found.values


def kind_of_names(names: Sequence[Any]) -> type | None:
    """``str`` or ``int`` if all names of columns are texts or whole numbers; ``None`` for others, such as pairs."""
    kinds = {type(name) for name in names}
    return next((kind for kind in (str, int) if kinds == {kind}), None)


def places_of(names: Sequence[Any], classes: Sequence[Label]) -> list[int] | None:
    """The place of each class among the names of columns; ``None`` if these are not the classes.

    Classes that are numbers may be named by texts, for other names cannot be had in Polars and Arrow.
    """
    if kind_of_names(names) is None:
        return None
    for keys in (list(classes), [str(label) for label in classes]):
        if len(names) == len(keys) and set(names) == set(keys):
            return [list(names).index(key) for key in keys]
    return None


def unnamed_columns(names: Sequence[Any], classes: Sequence[Label]) -> DataError:
    """The error for an indicator matrix whose columns have names where the classes are the numbers of columns."""
    return DataError(
        f"The columns of the indicator matrix are called {names[0]!r:.40}, …, and the classes are numbers of columns, "
        f"such as {classes[0]!r:.40}",
        "Give its values, frame.to_numpy(), with the columns in the order that fit had.",
    )


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
