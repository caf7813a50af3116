"""Two or more classifiers on the same rows: who is right where, and whether the difference could be luck.

What is right is for the task to say: :mod:`recurra.tasks.comparing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document
from recurra.errors import DataError
from recurra.evaluation.contender import Contender
from recurra.evaluation.intervals import Interval, wilson
from recurra.evaluation.mistakes import shortened
from recurra.evaluation.paired import holm, paired_interval, sign_test

__all__ = ["ComparedRows", "Comparison", "Pair", "Slice", "compared"]

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pair:
    """Two classifiers; every difference is the first less the second.

    Attributes:
        a: the first's name.
        b: the second's.
        differences: of accuracy, macro_f1 and log_loss; where rows have several labels, of micro_f1 as well.
        intervals: 95 % paired bootstrap interval of each.
        p: exact sign test (McNemar) on the rows that one alone has right.
        p_adjusted: the same for all pairs together, by Holm's rule.
        only_a: rows that the first alone has right.
        only_b: rows that the second alone has right.
        both: rows that both have right.
        neither: rows that neither has right.
        examples: rows that one alone has right, the surest answers first.
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
    """Some of the rows.

    Attributes:
        name: which.
        rows: how many.
        accuracy: of each classifier there.
        intervals: 95 % interval of each classifier's accuracy less the first's; (0, 0) for the first.
    """

    name: str
    rows: int
    accuracy: list[float]
    intervals: list[Interval]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "intervals": [list(interval) for interval in self.intervals]}


@dataclass(frozen=True)
class Comparison:
    """Classifiers on the same B rows.

    Attributes:
        rows: B.
        multi_label: whether rows have several labels: a row is right where all of them are.
        right_is: what the share of right rows is called.
        accuracy: share of right rows, by name.
        scores: all that differences are told of, by the classifier's name and the score's.
        intervals: Wilson's 95 % interval of each.
        pairs: every two, in the order given.
        slices: parts of the rows.
        unknown_labels: rows with a label that is no class: no classifier has them right, or they were left out.
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
                }
                for name, accuracy in self.accuracy.items()
            ],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "slices": [one.to_dict() for one in self.slices],
            "unknown_labels": self.unknown_labels,
        }


@dataclass(frozen=True, eq=False)
class ComparedRows:
    """The rows that are compared on.

    Attributes:
        documents: B texts.
        names: int64[B], what the rows are called, or ``None`` for their places.
        truth: gives the label, or the labels, that a row has, by its place.
        unknown: bool[B], which rows have a label that is no class.
    """

    documents: Sequence[Document]
    names: Places | None
    truth: Callable[[int], Any]
    unknown: Flags


def compared(
    contenders: Mapping[str, Contender],
    rows: ComparedRows,
    slices: Mapping[str, Flags],
    *,
    examples: int,
    multi_label: bool,
    right_is: str,
) -> Comparison:
    """Compares classifiers, whatever makes a row right.

    Args:
        contenders: by name, two or more, with the same scores.
        rows: B of them.
        slices: by name bool[B], which rows belong to it; empty ones are left out.
        examples: for each pair and side.
        multi_label: whether rows have several labels.
        right_is: what the share of right rows is called.

    Raises:
        DataError: one classifier alone, or another number of documents.
    """
    if len(contenders) < 2:
        raise DataError(f"{len(contenders)} classifiers to compare", "Give two or more.")
    right = {name: one.right for name, one in contenders.items()}
    count = len(next(iter(right.values())))
    if len(rows.documents) != count:
        raise DataError(f"{len(rows.documents)} documents for {count} rows", "Give the documents that were scored.")
    names = list(combinations(contenders, 2))
    p_values = [sign_test(int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())) for a, b in names]
    return Comparison(
        rows=count,
        multi_label=multi_label,
        right_is=right_is,
        accuracy={name: float(one.mean()) for name, one in right.items()},
        scores={name: one.scores for name, one in contenders.items()},
        intervals={name: wilson(int(one.sum()), count) for name, one in right.items()},
        pairs=[
            _pair(a, b, contenders, rows, p=p, p_adjusted=adjusted, examples=examples)
            for (a, b), p, adjusted in zip(names, p_values, holm(p_values), strict=True)
        ],
        slices=[_slice(name, chosen, list(right.values())) for name, chosen in slices.items() if chosen.any()],
        unknown_labels=int(rows.unknown.sum()),
    )


def _pair(
    a: str,
    b: str,
    contenders: Mapping[str, Contender],
    rows: ComparedRows,
    *,
    p: float,
    p_adjusted: float,
    examples: int,
) -> Pair:
    first, second = contenders[a], contenders[b]
    intervals = {}
    for name in first.scores:
        low, high = np.quantile(first.draws[name] - second.draws[name], [0.025, 0.975])
        intervals[name] = (float(low), float(high))
    only_a, only_b = first.right & ~second.right, second.right & ~first.right
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
        neither=int((~first.right & ~second.right).sum()),
        examples=[*_examples(only_a, a, both, rows, examples), *_examples(only_b, b, both, rows, examples)],
    )


def _slice(name: str, chosen: Flags, right: list[Flags]) -> Slice:
    inside, rows = [one[chosen] for one in right], int(chosen.sum())
    first = inside[0]
    intervals = [(0.0, 0.0)] + [
        paired_interval(int((one & ~first).sum()), int((first & ~one).sum()), rows) for one in inside[1:]
    ]
    return Slice(name, rows, [float(one.mean()) for one in inside], intervals)


def _examples(
    chosen: Flags, right: str, contenders: Mapping[str, Contender], rows: ComparedRows, count: int
) -> list[dict[str, Any]]:
    """Rows with both answers, those first of which the two are surest together."""
    places = np.flatnonzero(chosen)
    sure = sum(one.sure[places] for one in contenders.values())
    return [
        {
            "row": place if rows.names is None else int(rows.names[place]),
            "text": shortened(rows.documents[place]),
            "label": rows.truth(place),
            "right": right,
            "answers": {
                name: {"label": one.answer(place), "probability": float(one.sure[place])}
                for name, one in contenders.items()
            },
        }
        for place in places[np.argsort(-sure, kind="stable")][:count].tolist()
    ]
