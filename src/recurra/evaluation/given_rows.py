"""What Python's classifiers take as texts and labels, as lists of documents and label sets."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, is_missing, plain_documents, row_numbers
from recurra.data.frames import check_collected
from recurra.data.plain_values import listed, named_matrix, plain_list, plain_value
from recurra.errors import DataError
from recurra.evaluation.label_targets import in_class_order
from recurra.text.labels import shown_value

__all__ = [
    "as_documents",
    "check_no_measurements",
    "check_one_type",
    "check_same_kind",
    "indicator_of",
    "label_sets",
    "labels_of",
    "labels_of_rows",
    "labels_to_score",
    "rows_right",
]

# More different numbers that are not whole than this are no classes.
MOST_DISTINCT = 100


def indicator_of(y: Any) -> npt.NDArray[np.bool_] | None:
    """Bool[B, C] for a matrix of zeros and ones (dense, sparse or a data frame); ``None`` for anything else.

    Raises:
        DataError: the matrix has other values, or ``y`` is a lazy frame.
    """
    check_collected(y, "y is")
    named = named_matrix(y)
    y = y if named is None else named.values
    if getattr(y, "ndim", 0) != 2:
        if _repeats_zeros_and_ones(y):
            raise DataError(
                "y has lists of zeros and ones that repeat them",
                "Give numpy.array(list(y)) if it is a binary indicator matrix, or lists of different labels.",
            )
        return None
    if y.shape[1] == 1:
        raise DataError(
            f"y is a column {list(y.shape)}", "Give one label each: y.ravel(), or of a data frame y['label']."
        )
    matrix = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if matrix.dtype == object and any(is_missing(one) for one in matrix.ravel().tolist()):
        raise DataError(f"y is a matrix {list(matrix.shape)} in which values are missing", "Fill them: y.fillna(0).")
    if not np.isin(matrix, (0, 1)).all():
        raise DataError(
            f"y is a matrix {list(matrix.shape)} of more than zeros and ones",
            "Give a label each, a list of labels each, or a binary indicator matrix.",
        )
    return matrix.astype(np.bool_)


def _repeats_zeros_and_ones(y: Any) -> bool:
    """Whether ``y`` looks like the rows of an indicator matrix: lists of one length, of 0 and 1, one of them twice."""
    if isinstance(y, str | bytes | set | frozenset | dict) or not hasattr(y, "__len__") or getattr(y, "ndim", 1) != 1:
        return False
    rows = [one.tolist() if isinstance(one, np.ndarray) else one for one in plain_list(y)]
    if not rows or not all(isinstance(row, list | tuple) and len(row) == len(rows[0]) > 1 for row in rows):
        return False
    return all(one in (0, 1) for row in rows for one in row) and any(len(set(row)) < len(row) for row in rows)


def _shape_of(y: Any) -> str:
    """The type and the shape of labels, for messages."""
    shape = getattr(y, "shape", None) or [len(y)]
    return f"{type(y).__name__} {list(shape)}"


def labels_of(y: Any, matrix: npt.NDArray[np.bool_] | None, classes: Sequence[Any] | None = None) -> list[Any]:
    """The labels of each document, from ``y`` or from its indicator matrix bool[B, C], if it is one.

    Args:
        y: labels.
        matrix: the indicator matrix.
        classes: the classes of its C columns; their numbers without.

    Raises:
        DataError: see :func:`label_sets`.
    """
    if matrix is None:
        return label_sets(y)
    names = range(matrix.shape[1]) if classes is None else classes
    return [tuple(names[column] for column in np.flatnonzero(row).tolist()) for row in matrix]


def labels_of_rows(y: Any, classes: Sequence[Any], *, lists: bool) -> list[Any]:
    """The labels of a table's rows: one each, as given; of several a tuple each, or a text that is still to be split.

    Args:
        y: B labels; of several texts, lists of labels, or an indicator matrix whose columns are the classes in order.
        classes: C classes.
        lists: whether a row has several labels.

    Raises:
        DataError: ``y`` has another form.
    """
    if not lists:
        return plain_list(y)
    matrix = indicator_of(in_class_order(y, classes))
    if matrix is not None:
        return _indicator_labels(matrix, classes)
    labels = plain_list(y)
    # An empty text is a row without labels.
    if all(isinstance(one, str) for one in labels):
        return labels
    labels = label_sets(labels)
    single = next((one for one in labels if not isinstance(one, tuple | str)), None)
    if single is not None:
        raise DataError(
            f"y has the label {plain_value(single)!r:.40}, and the model gives lists of labels",
            "Give a list of labels each, or a binary indicator matrix whose columns are the classes in order.",
        )
    _check_labels_like(labels, classes)
    return labels


def rows_right(
    answers: Iterable[Any], y: Any, classes: npt.NDArray[Any], *, lists: bool, documents: Sequence[Document]
) -> list[bool]:
    """Whether each answer is right: the label, or exactly the labels.

    Args:
        answers: B labels, or B lists of labels.
        y: as for :func:`labels_to_score`, as are the others.
        classes: C classes.
        lists: whether an answer is a list of labels.
        documents: B documents that are answered.

    Raises:
        DataError: see :func:`labels_to_score`.
    """
    labels = labels_to_score(y, classes, lists=lists, documents=documents)
    return [set(ours) == set(given) if lists else ours == given for ours, given in zip(answers, labels, strict=True)]


def labels_to_score(y: Any, classes: npt.NDArray[Any], *, lists: bool, documents: Sequence[Document]) -> list[Any]:
    """The labels that answers are compared with; tuples where a document has several.

    Args:
        y: labels, lists of labels, or an indicator matrix whose columns are the classes in order.
        classes: C classes.
        lists: whether an answer is a list of labels.
        documents: B documents that are answered.

    Raises:
        DataError: ``y`` has another number of them, or another form, or holds the texts; or there are no answers.
    """
    answers = len(documents)
    if not answers:
        raise DataError("X has no documents", "Give at least one: there is no accuracy of none.")
    matrix = indicator_of(in_class_order(y, classes.tolist()) if lists else y)
    if matrix is None:
        labels = label_sets(y)
    else:
        labels = _indicator_labels(matrix, classes.tolist()) if lists else labels_of(y, matrix)
    if len(labels) != answers or any(isinstance(one, tuple) != lists for one in labels):
        raise DataError(
            f"There are {answers:,} answers, and y is {_shape_of(y)}",
            "Give a list of labels each, or a binary indicator matrix whose columns are the classes in order."
            if lists
            else "Give a label each, in the form of fit's y.",
        )
    _check_labels_like(labels, classes.tolist())
    _check_not_swapped(labels, classes, documents)
    return labels


def _indicator_labels(matrix: npt.NDArray[np.bool_], classes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The labels of each row of an indicator matrix bool[B, C] whose columns are the C classes in order.

    Where classes are the numbers of columns, as ``fit`` makes them, the matrix may have columns that are no class.

    Raises:
        DataError: the number of columns is another.
    """
    width, names = matrix.shape[1], list(classes)
    if width != len(names):
        if any(type(one) is not int or not 0 <= one < width for one in names):
            raise DataError(
                f"y is a matrix {list(matrix.shape)}, and there are {len(names):,} classes",
                "Give a column for each class, in the order of classes_, or lists of labels.",
            )
        names = list(range(width))
    return [tuple(names[place] for place in np.flatnonzero(row).tolist()) for row in matrix]


def check_no_measurements(labels: list[Any]) -> None:
    """Raises a :class:`DataError` for the numbers that a regression predicts; half stars, such as 3.5, are none."""
    if not all(isinstance(one, float | np.floating) for one in labels) or all(
        float(one).is_integer() for one in labels
    ):
        return
    distinct = len(set(labels))
    if distinct > MOST_DISTINCT or 2 * distinct > len(labels) > 4:
        raise DataError(
            f"y looks continuous: {distinct:,} different numbers in {len(labels):,} rows, such as {float(labels[0])!r}",
            "Give classes: cut the numbers into ranges with names, such as pandas.cut(y, 5).astype(str).",
        )


def check_one_type(labels: list[Any]) -> None:
    """Raises a :class:`DataError` that names the rows where labels are of several types."""
    first: dict[type, tuple[int, Any]] = {}
    for row, label in enumerate(labels):
        for one in label if isinstance(label, tuple) else (label,):
            value = one.item() if isinstance(one, np.generic) else one
            first.setdefault(type(value), (row, value))
    # What cannot be a label at all is named as such.
    if len(first) > 1 and first.keys() <= {str, int, bool, float}:
        shown = ", ".join(f"{shown_value(one)} ({kind.__name__}) in row {row}" for kind, (row, one) in first.items())
        way = "" if any(isinstance(label, tuple) for label in labels) else ", such as [str(label) for label in y]"
        raise DataError(
            f"y has labels of {len(first)} types: {shown} (counted from 0)", f"Write all of them the same way{way}."
        )


def _check_not_swapped(labels: list[Any], classes: npt.NDArray[Any], documents: Sequence[Document]) -> None:
    """Raises a :class:`DataError` if no label is a class, but documents are; without those it warns.

    A row alone may well have a label that training never saw, as where each is left out in turn.
    """
    known = set(classes.tolist())
    given = [one for label in labels for one in (label if isinstance(label, tuple) else (label,))]
    if not given or any(one in known for one in given if isinstance(one, str | int | float | np.generic)):
        return
    if any(document in known for document in documents):
        raise DataError(
            f"No label of y is a class, such as {given[0]!r:.40}, and texts of X are, such as {documents[0]!r:.40}",
            "Write score(texts, labels).",
        )
    if len(labels) > 1:
        warnings.warn(
            f"no label of y is a class, such as {given[0]!r:.40}: the classes are such as {classes.tolist()[0]!r:.40}",
            UserWarning,
            stacklevel=5,
        )


def check_same_kind(of_validation: list[Any], of_training: list[Any]) -> None:
    """Raises a :class:`DataError` if labels to validate on are texts and those to train on numbers, or the reverse.

    Both are as :func:`labels_of` gives them.
    """
    ours, theirs = (
        [one for label in labels for one in (label if isinstance(label, tuple) else [label])]
        for labels in (of_validation, of_training)
    )
    if ours and theirs and {isinstance(one, str) for one in ours}.isdisjoint(isinstance(one, str) for one in theirs):
        shown = [f"{one!r:.40} ({type(one).__name__})" for one in (ours[0], theirs[0])]
        raise DataError(
            f"validation_data has labels such as {shown[0]}, and y such as {shown[1]}",
            "Give labels of one type: texts in both, or numbers in both.",
        )


def _check_labels_like(labels: list[Any], classes: Sequence[Any]) -> None:
    """Checks that labels to score with are not all texts where the classes are numbers, or the other way round.

    Raises:
        DataError: they are.
    """
    given = [one for label in labels for one in (label if isinstance(label, tuple) else [label])]
    if given and {isinstance(label, str) for label in given}.isdisjoint(isinstance(label, str) for label in classes):
        raise DataError(
            f"y has labels such as {given[0]!r:.40}, and the classes are such as {classes[0]!r:.40}",
            "Give labels of the kind that fit had: texts, or numbers.",
        )


def label_sets(y: Any) -> list[Any]:
    """The labels of each document: single labels unchanged; lists, sets and arrays of them as tuples of plain values.

    Raises:
        DataError: ``y`` is no sequence, or has no label in a row.
    """
    if isinstance(y, str | bytes | set | frozenset | dict) or not hasattr(y, "__iter__"):
        raise DataError(f"y is {y!r:.60}", "Give a sequence of labels.")
    if hasattr(y, "requires_grad"):
        raise DataError(f"y is a tensor of torch {list(y.shape)}", "Give y.tolist().")
    y = [one if isinstance(one, str) else listed(one) for one in listed(y)]
    y = [one.tolist() if isinstance(one, np.ndarray) and one.ndim == 1 else one for one in y]
    missing = [row for row, one in enumerate(y) if _is_no_label(one) or _holds_missing(one)]
    if missing:
        if all(_holds_blank(y[row]) for row in missing):
            raise DataError(
                f"y has an empty label in {row_numbers(missing)}",
                "Leave the empty labels out of the lists; a row without labels has an empty list.",
            )
        if all(isinstance(y[row], str) for row in missing):
            # isna() does not find them.
            raise DataError(
                f"y has an empty text as the label in {row_numbers(missing)}",
                "Leave these rows out of X and y, such as those where y.str.strip() == '', or give them labels.",
            )
        raise DataError(
            f"y has no label in {row_numbers(missing)}",
            "Leave these rows out of X and y, such as those where y.isna(), or give them labels.",
        )
    return [
        tuple(map(plain_value, sorted(one) if isinstance(one, set | frozenset) else one))
        if isinstance(one, list | tuple | set | frozenset | np.ndarray)
        else one
        for one in y
    ]


def _holds_missing(labels: Any) -> bool:
    return isinstance(labels, list | tuple | set | frozenset) and any(map(_is_no_label, labels))


def _holds_blank(labels: Any) -> bool:
    return _holds_missing(labels) and not any(map(is_missing, labels))


def _is_no_label(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def as_documents(X: Any) -> list[Document]:
    """Documents from any sequence of texts or pairs: a list, an array, a column of a data frame.

    Raises:
        DataError: ``X`` is one text, or no sequence.
    """
    if hasattr(X, "documents") and hasattr(X, "labels"):
        raise DataError(
            f"X is {type(X).__name__} of {len(X.documents):,} documents",
            "Give table.documents for X, and table.labels for y.",
        )
    if isinstance(X, str | bytes) or not hasattr(X, "__iter__") or getattr(X, "ndim", 1) == 0:
        raise DataError(f"X is {X!r:.60}", "Give a sequence of texts, such as [text].")
    if isinstance(X, set | frozenset | dict):
        raise DataError(f"X is a {type(X).__name__}, {X!r:.60}", "Give a list of texts: it has an order.")
    if getattr(X, "ndim", 1) == 2 and X.shape[1] == 1:
        # A column as scikit-learn's transformers return it.
        X = np.asarray(X)[:, 0]
    if getattr(X, "ndim", 1) == 2 and getattr(getattr(X, "dtype", None), "kind", "O") in "biuf":
        raise DataError(
            f"X is a matrix of numbers, {type(X).__name__} {list(X.shape)}",
            "Give the texts themselves: they go in directly, without a vectorizer.",
        )
    if hasattr(X, "requires_grad"):
        raise DataError(
            f"X is a tensor of torch {list(X.shape)}",
            "Give the texts themselves: they go in directly, without a vectorizer.",
        )
    return plain_documents(X)
