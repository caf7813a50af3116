"""Scores with intervals, from probabilities and targets."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import KeysView, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label, LabelSet
from recurra.data.plain_values import named_matrix, other_order_note, plain_list
from recurra.errors import DataError, SettingsError
from recurra.evaluation.class_order import class_order_note
from recurra.evaluation.evaluation import Evaluation
from recurra.evaluation.label_targets import as_targets
from recurra.evaluation.probabilities import class_probabilities
from recurra.evaluation.row_scores import RowScores
from recurra.evaluation.single_label_scores import SingleLabelRowScores

if TYPE_CHECKING:
    from recurra.evaluation.multi_label_evaluation import MultiLabelEvaluation

__all__ = ["evaluate"]

Floats = npt.NDArray[np.floating]


@overload
def evaluate(
    probabilities: Floats,
    targets: npt.NDArray[np.int64] | Sequence[str],
    classes: Sequence[Label] | None = None,
    *,
    unknown: Sequence[Label] = (),
    class_numbers: bool = False,
    seed: int = 0,
    resamples: int = 1000,
) -> Evaluation: ...


@overload
def evaluate(
    probabilities: Floats,
    targets: npt.NDArray[np.bool_] | Sequence[list[str] | tuple[str, ...]],
    classes: Sequence[Label] | None = None,
    *,
    thresholds: Floats | None = None,
    unknown: Sequence[LabelSet] = (),
    seed: int = 0,
    resamples: int = 1000,
) -> MultiLabelEvaluation: ...


def evaluate(
    probabilities: Floats,
    targets: Any,
    classes: Sequence[Label] | None = None,
    *,
    thresholds: Floats | None = None,
    unknown: Sequence[Any] = (),
    class_numbers: bool = False,
    seed: int = 0,
    resamples: int = 1000,
) -> Evaluation | MultiLabelEvaluation:
    """Scores a classifier's probabilities against targets: one class a row, or any number of labels.

    Rows may have labels that the classifier does not know. If each row has one class, such rows count as wrong: in
    accuracy, macro and weighted F1, precision, ECE and reliability each unknown label is one more class that is never
    predicted. It has no probability, so the log loss is that of the other rows; and the classes and their confusion
    matrix are those of the classifier. If rows have several labels, each unknown label is one more label that is never
    given, in F1, exactly right rows and Hamming loss; ranking precision, log loss, ECE and reliability are those of the
    other labels.

    Args:
        probabilities: float[B, C]; each row sums to 1 or, of several labels, each is between 0 and 1. The columns of a
            data frame or Arrow table are taken by their names, which are the classes.
        targets: the true labels, as they stand in ``classes`` or ``unknown``: B of them, or B lists of them. Or
            bool[B, C], which labels each row has, in the order of ``classes``; a data frame whose columns have the
            classes as names may have them in another order.
        classes: C labels, in the order of the columns: ``model.classes_``. Where the probabilities are a data frame or
            Arrow table, its columns if not given.
        thresholds: float[C], above 0 and below 1, the least probability at which each of several labels is given, such
            as ``model.thresholds`` (``None`` for a model of one class a row); 0.5 if not given.
        unknown: U labels that are not classes, in the order of their numbers; or, for several labels, a tuple for each
            of the B rows with its labels that are not classes, each once.
        class_numbers: whether the targets of rows of one class are class numbers instead, int64[B]: 0 to C - 1, from C
            on an unknown label.
        seed: of the bootstrap.
        resamples: of the bootstrap, 1 or more; memory does not grow with it.

    Raises:
        DataError: no rows, or none with a label that is a class, shapes that do not match, a target out of range, a
            label that is neither a class nor in ``unknown``, numbers beside classes that are texts, no probabilities,
            such as labels in their place, classes or targets without an order, or with a class twice, or targets in the
            form of several labels where all rows and probabilities are of one class each.
        SettingsError: ``resamples`` is below 1, thresholds are given for rows of one class, or a model is given where
            its probabilities are meant.
    """
    rows: RowScores[Evaluation] | RowScores[MultiLabelEvaluation]
    if classes is None:
        classes = _named_classes(probabilities, targets)
    if classes is None:
        raise DataError(
            "evaluate takes probabilities, labels and classes, and was given no classes",
            "Write evaluate(model.predict_proba(X), y, model.classes_).",
        )
    if hasattr(probabilities, "predict_proba"):
        raise SettingsError(
            f"evaluate was given a model, {probabilities!r:.60}",
            "Give its answers: evaluate(model.predict_proba(texts), labels, model.classes_).",
        )
    if note := other_order_note(probabilities, targets, "targets", first="probabilities"):
        warnings.warn(note, UserWarning, stacklevel=2)
    _check_ordered(classes, "classes", "Give model.classes_, or a list of the classes in the order of the columns")
    _check_ordered(targets, "targets", "Give a list of labels")
    # NumPy's numbers are no JSON.
    classes, unknown = plain_list(classes), plain_list(unknown)
    if twice := [label for label, times in Counter(classes).items() if times > 1]:
        raise DataError(
            f"classes has {twice[0]!r:.60} twice",
            "Give each class once, in the order of the columns: model.classes_.",
        )
    probabilities = class_probabilities(
        probabilities,
        classes,
        "evaluate takes the probabilities first",
        "Write evaluate(model.predict_proba(X), y, model.classes_).",
    )
    matrix = getattr(targets, "ndim", 1) == 2 or named_matrix(targets) is not None
    targets = as_targets(targets, classes, unknown, class_numbers=class_numbers)
    if targets.ndim == 2 and targets.dtype == np.bool_:
        _check_several(probabilities, targets, matrix=matrix)
        # Imported on demand: single-label prediction starts faster without it.
        from recurra.evaluation.multi_label_scores import MultiLabelRowScores

        rows = MultiLabelRowScores(probabilities, targets, classes, thresholds=thresholds, unknown=unknown)
    elif thresholds is None:
        rows = SingleLabelRowScores(probabilities, targets, classes, unknown=unknown)
        # Whoever gives class numbers has not written the classes by hand.
        if not class_numbers and (said := class_order_note(probabilities, targets, classes)):
            warnings.warn(said, UserWarning, stacklevel=2)
    else:
        raise SettingsError(
            "Thresholds are given for rows of one class each", "Leave them out, or give targets as bool[rows, classes]."
        )
    return rows.evaluate(seed=seed, resamples=resamples)


def _check_several(probabilities: Floats, targets: npt.NDArray[np.bool_], *, matrix: bool) -> None:
    """Raises a :class:`DataError` where all rows are of one class each: probabilities of several labels sum to any."""
    if len(targets) and (targets.sum(axis=1) == 1).all() and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        labels = "numpy.asarray(classes)[y.argmax(axis=1)]" if matrix else "[labels[0] for labels in y]"
        raise DataError(
            f"Every row of the targets {'has exactly one 1' if matrix else 'is a list of one label'}, and the "
            "probabilities of each row sum to 1, as for one class a row",
            f"Give one label a row: {labels}.",
        )


def _check_ordered(values: Any, name: str, hint: str) -> None:
    """Raises a :class:`DataError` for a set or a mapping."""
    if isinstance(values, Mapping) or (isinstance(values, Set) and not isinstance(values, KeysView)):
        raise DataError(f"{name} is a {type(values).__name__}, {values!r:.60}", f"{hint}: it has an order.")


def _named_classes(probabilities: Any, targets: Any) -> list[Any] | None:
    """The names of a frame's columns; ``None`` for other arrays, and where names of pandas' own stand beside texts."""
    named = named_matrix(probabilities)
    if named is None:
        return None
    counted = named.names == list(range(len(named.names)))
    return None if counted and any(isinstance(one, str) for one in plain_list(targets)) else named.names
