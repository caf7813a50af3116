"""Compares two or more classifiers on the same rows: which is right where, and whether the difference could be chance.

The task decides what counts as right: :mod:`recurra.tasks.compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label
from recurra.errors import DataError
from recurra.evaluation.classifier_result import ClassifierResult
from recurra.evaluation.intervals import Interval, wilson
from recurra.evaluation.mistakes import shorten
from recurra.evaluation.paired import holm, paired_interval, sign_test
from recurra.evaluation.row_scores import EQUAL
from recurra.representation import Representation, Represented, counted_rows, one_line, top

__all__ = ["ComparedRows", "Comparison", "Pair", "Slice", "compare_classifiers"]

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Scores for whose differences the interval of right rows may stand in.
SHARES = ("accuracy", "micro_f1", "macro_f1", "weighted_f1")


@dataclass(frozen=True, repr=False)
class Pair(Represented):
    """Two classifiers compared; every difference is the first minus the second.

    Attributes:
        a: the first's name.
        b: the second's.
        differences: of accuracy, macro_f1 and log_loss; for multi-label rows of micro_f1 as well.
        intervals: 95 % paired bootstrap interval of each difference; where that is a point, as if both have the same
            rows right, accuracy and F1 get that of :func:`recurra.evaluation.paired.paired_interval`.
        p: exact sign test (McNemar) on the rows that only one of the two has right.
        p_adjusted: p with Holm's correction for all pairs.
        only_a: number of rows that only the first has right.
        only_b: number of rows that only the second has right.
        both: number of rows that both have right.
        neither: number of rows that neither has right.
        examples: rows that only one has right, the most confident answers first.
        neither_examples: rows that neither has right, likewise; in these ``right`` is ``None``.
    """

    a: str
    b: str
    differences: dict[str, float]
    intervals: dict[str, Interval]
    p: float
    p_adjusted: float
    only_a: int
    only_b: int
    both: int
    neither: int
    examples: list[dict[str, Any]]
    neither_examples: list[dict[str, Any]] = field(default_factory=list)

    def _representation(self) -> Representation:
        rows = [
            (name, f"{difference:+.4f}", "{:+.4f} to {:+.4f}".format(*self.intervals[name]))
            for name, difference in self.differences.items()
        ]
        right = f"right: {one_line(self.a, 30)} alone {self.only_a:,}, {one_line(self.b, 30)} alone {self.only_b:,}"
        return Representation(
            f"Pair: {one_line(self.a)} minus {one_line(self.b)}",
            ("score", "difference", "95 % interval"),
            rows,
            [f"{right}, both {self.both:,}, neither {self.neither:,}; p = {self.p_adjusted:.3g} (sign test, adjusted)"],
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``difference`` and ``interval`` are those of accuracy."""
        return {
            "a": self.a,
            "b": self.b,
            "difference": self.differences["accuracy"],
            "interval": list(self.intervals["accuracy"]),
            **vars(self),
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
        }


@dataclass(frozen=True)
class Slice:
    """The classifiers on a part of the rows.

    Attributes:
        name: of the slice.
        rows: number of rows in it.
        accuracy: of each classifier on these rows.
        intervals: 95 % interval of each classifier's accuracy minus the first's; (0, 0) for the first.
    """

    name: str
    rows: int
    accuracy: list[float]
    intervals: list[Interval]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "intervals": [list(interval) for interval in self.intervals]}


@dataclass(frozen=True, repr=False)
class Comparison(Represented):
    """Classifiers on the same B rows.

    Attributes:
        rows: B.
        multi_label: whether rows have several labels: a row is right if all of them are.
        right_is: name of the share of right rows.
        accuracy: share of right rows, by the classifier's name.
        scores: by the classifier's name and the score's.
        intervals: Wilson's 95 % interval of each accuracy.
        pairs: all pairs, in the order of the classifiers.
        slices: parts of the rows.
        unknown_labels: rows with a label that not all classifiers know: those have them wrong, or they were left out.
        notes: sentences about the comparison.
        missing_classes: by the classifier's name, the classes that another one knows and it does not.
    """

    rows: int
    multi_label: bool
    right_is: str
    accuracy: dict[str, float]
    scores: dict[str, dict[str, float]]
    intervals: dict[str, Interval]
    pairs: list[Pair]
    slices: list[Slice]
    unknown_labels: int = 0
    notes: list[str] = field(default_factory=list)
    missing_classes: dict[str, list[Label]] = field(default_factory=dict)

    def _representation(self) -> Representation:
        others = [name for name in next(iter(self.scores.values()), {}) if name != "accuracy"]
        models, more = top(self.accuracy.items(), "accuracy")
        rows = [
            (
                one_line(name),
                f"{accuracy:.4f}",
                "{:.4f}–{:.4f}".format(*self.intervals[name]),
                *(f"{self.scores[name][score]:.4f}" for score in others),
            )
            for name, accuracy in models
        ]
        pairs, more_pairs = top(self.pairs, "pairs")
        said = [
            f"{one_line(pair.a, 30)} minus {one_line(pair.b, 30)}: {pair.differences['accuracy']:+.4f} "
            f"({low:+.4f} to {high:+.4f}), p = {pair.p_adjusted:.3g}"
            for pair in pairs
            for low, high in [pair.intervals["accuracy"]]
        ]
        notes = [one_line(note, 200) for note in self.notes]
        head = ("model", self.right_is, "95 % interval", *others)
        return Representation(f"Comparison: {counted_rows(self.rows)}", head, rows, [*more, *said, *more_pairs, *notes])

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rows": self.rows,
            "multi_label": self.multi_label,
            "models": [
                {
                    "name": name,
                    "accuracy": accuracy,
                    "interval": list(self.intervals[name]),
                    "scores": self.scores[name],
                    "missing_classes": self.missing_classes.get(name, []),
                }
                for name, accuracy in self.accuracy.items()
            ],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "slices": [one.to_dict() for one in self.slices],
            "unknown_labels": self.unknown_labels,
            "notes": self.notes,
        }


@dataclass(frozen=True, eq=False)
class ComparedRows:
    """The rows that classifiers are compared on.

    Attributes:
        documents: B texts.
        names: int64[B], row numbers to show, or ``None`` for 0 to B - 1.
        truth: returns the true label, or labels, of the row with a given index.
        unknown: bool[B], which rows have a label that not all classifiers know.
    """

    documents: Sequence[Document]
    names: Places | None
    truth: Callable[[int], Any]
    unknown: Flags


def compare_classifiers(
    classifiers: Mapping[str, ClassifierResult],
    rows: ComparedRows,
    slices: Mapping[str, Flags],
    *,
    examples: int,
    multi_label: bool,
    right_is: str,
) -> Comparison:
    """Compares classifiers, whatever the task counts as right.

    Args:
        classifiers: two or more by name, with the same scores.
        rows: the B rows.
        slices: bool[B] by name, which rows belong to it; empty ones are left out.
        examples: number of example rows for each pair and side.
        multi_label: whether rows have several labels.
        right_is: name of the share of right rows.

    Raises:
        DataError: fewer than two classifiers, or not B documents.
    """
    if len(classifiers) < 2:
        raise DataError(f"{len(classifiers)} classifiers to compare", "Give two or more.")
    right = {name: one.right for name, one in classifiers.items()}
    count = len(next(iter(right.values())))
    if len(rows.documents) != count:
        raise DataError(f"{len(rows.documents)} documents for {count} rows", "Give the documents that were scored.")
    names = list(combinations(classifiers, 2))
    p_values = [sign_test(int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())) for a, b in names]
    return Comparison(
        rows=count,
        multi_label=multi_label,
        right_is=right_is,
        accuracy={name: float(one.mean()) for name, one in right.items()},
        scores={name: one.scores for name, one in classifiers.items()},
        intervals={name: wilson(int(one.sum()), count) for name, one in right.items()},
        pairs=[
            _pair(a, b, classifiers, rows, p=p, p_adjusted=adjusted, examples=examples)
            for (a, b), p, adjusted in zip(names, p_values, holm(p_values), strict=True)
        ],
        slices=[_slice(name, chosen, list(right.values())) for name, chosen in slices.items() if chosen.any()],
        unknown_labels=int(rows.unknown.sum()),
    )


def _pair(
    a: str,
    b: str,
    classifiers: Mapping[str, ClassifierResult],
    rows: ComparedRows,
    *,
    p: float,
    p_adjusted: float,
    examples: int,
) -> Pair:
    first, second = classifiers[a], classifiers[b]
    only_a, only_b = first.right & ~second.right, second.right & ~first.right
    neither = ~first.right & ~second.right
    intervals = {}
    for name in first.scores:
        low, high = np.quantile(first.draws[name] - second.draws[name], [0.025, 0.975])
        intervals[name] = (float(low), float(high))
        if name in SHARES and high - low < EQUAL:
            intervals[name] = paired_interval(int(only_a.sum()), int(only_b.sum()), len(only_a))
    both = {a: first, b: second}
    return Pair(
        a=a,
        b=b,
        differences={name: first.scores[name] - second.scores[name] for name in first.scores},
        intervals=intervals,
        p=p,
        p_adjusted=p_adjusted,
        only_a=int(only_a.sum()),
        only_b=int(only_b.sum()),
        both=int((first.right & second.right).sum()),
        neither=int(neither.sum()),
        examples=[*_examples(only_a, a, both, rows, examples), *_examples(only_b, b, both, rows, examples)],
        neither_examples=_examples(neither, None, both, rows, examples),
    )


def _slice(name: str, chosen: Flags, right: list[Flags]) -> Slice:
    inside, rows = [one[chosen] for one in right], int(chosen.sum())
    first = inside[0]
    intervals = [(0.0, 0.0)] + [
        paired_interval(int((one & ~first).sum()), int((first & ~one).sum()), rows) for one in inside[1:]
    ]
    return Slice(name, rows, [float(one.mean()) for one in inside], intervals)


def _examples(
    chosen: Flags, right: str | None, classifiers: Mapping[str, ClassifierResult], rows: ComparedRows, count: int
) -> list[dict[str, Any]]:
    """Rows with both answers, the highest sum of the two confidences first."""
    places = np.flatnonzero(chosen)
    sure = sum(one.confidence[places] for one in classifiers.values())
    return [
        {
            "row": place if rows.names is None else int(rows.names[place]),
            "text": shorten(rows.documents[place]),
            "label": rows.truth(place),
            "right": right,
            "answers": {
                name: {"label": one.answer(place), "probability": float(one.confidence[place])}
                for name, one in classifiers.items()
            },
        }
        for place in places[np.argsort(-sure, kind="stable")][:count].tolist()
    ]
