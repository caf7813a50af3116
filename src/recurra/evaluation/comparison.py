"""Two or more classifiers on the same rows: who is right where, and whether the difference could be luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label
from recurra.errors import DataError
from recurra.evaluation.evaluate import checked
from recurra.evaluation.intervals import Interval, resampled, wilson
from recurra.evaluation.metrics import class_scores, confusion_matrix, log_losses, macro_f1
from recurra.evaluation.mistakes import shortened
from recurra.evaluation.paired import holm, paired_interval, sign_test

__all__ = ["Comparison", "Pair", "Slice", "compare_answers"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """Two classifiers; every difference is the first less the second.

    Attributes:
        a: the first's name.
        b: the second's.
        differences: of accuracy, macro_f1 and log_loss.
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
            "differences": self.differences,
            "intervals": {name: list(interval) for name, interval in self.intervals.items()},
            "p": self.p,
            "p_adjusted": self.p_adjusted,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "both": self.both,
            "neither": self.neither,
            "examples": self.examples,
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
        return {
            "name": self.name,
            "rows": self.rows,
            "accuracy": self.accuracy,
            "intervals": [list(interval) for interval in self.intervals],
        }


@dataclass(frozen=True)
class Comparison:
    """Classifiers on the same B rows.

    Attributes:
        rows: B.
        accuracy: by name.
        intervals: Wilson's 95 % interval of each.
        pairs: every two, in the order given.
        slices: parts of the rows.
    """

    rows: int
    accuracy: dict[str, float]
    intervals: dict[str, Interval]
    pairs: list[Pair]
    slices: list[Slice]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "rows": self.rows,
            "models": [
                {"name": name, "accuracy": accuracy, "interval": list(self.intervals[name])}
                for name, accuracy in self.accuracy.items()
            ],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "slices": [one.to_dict() for one in self.slices],
        }


def compare_answers(
    answers: Mapping[str, Array],
    targets: Places,
    documents: Sequence[Document],
    classes: Sequence[Label],
    *,
    rows: Places | None = None,
    slices: Mapping[str, npt.NDArray[np.bool_]] | None = None,
    examples: int = 5,
    resamples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compares classifiers by their probabilities.

    Args:
        answers: by name float32[B, C], of two classifiers or more.
        targets: int64[B], the true classes.
        documents: B texts.
        classes: C labels, in the order of the columns.
        rows: int64[B], what the rows are called in the examples; their places if not given.
        slices: by name bool[B], which rows belong to it; empty ones are left out. The classes come of themselves.
        examples: for each pair and side.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        DataError: one classifier alone, or arguments that do not fit each other.
    """
    if len(answers) < 2:
        raise DataError(f"{len(answers)} classifiers to compare", "Give two or more.")
    for probabilities in answers.values():
        checked(probabilities, targets, classes)
    if len(documents) != len(targets):
        raise DataError(f"{len(documents)} documents for {len(targets)} rows", "Give the documents that were scored.")
    right = {name: one.argmax(axis=1) == targets for name, one in answers.items()}
    draws = {name: resampled(one, targets, seed=seed, resamples=resamples) for name, one in answers.items()}
    scores = {name: _scores(one, targets) for name, one in answers.items()}
    counts = [
        (int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())) for a, b in combinations(answers, 2)
    ]
    p_values = [sign_test(*count) for count in counts]
    pairs = []
    for (a, b), (only_a, only_b), p, adjusted in zip(
        combinations(answers, 2), counts, p_values, holm(p_values), strict=True
    ):
        intervals = {}
        for name in scores[a]:
            low, high = np.quantile(draws[a][name] - draws[b][name], [0.025, 0.975])
            intervals[name] = (float(low), float(high))
        shown = _Shown(documents, targets, classes, np.arange(len(targets)) if rows is None else rows)
        pairs.append(
            Pair(
                a=a,
                b=b,
                differences={name: scores[a][name] - scores[b][name] for name in scores[a]},
                intervals=intervals,
                p=p,
                p_adjusted=adjusted,
                only_a=only_a,
                only_b=only_b,
                both=int((right[a] & right[b]).sum()),
                neither=int((~right[a] & ~right[b]).sum()),
                examples=[
                    *shown.where(right[a] & ~right[b], a, b, answers[a], answers[b], examples),
                    *shown.where(right[b] & ~right[a], a, b, answers[a], answers[b], examples),
                ],
            )
        )
    by_class = {f"class {label}": targets == place for place, label in enumerate(classes)}
    return Comparison(
        rows=len(targets),
        accuracy={name: float(one.mean()) for name, one in right.items()},
        intervals={name: wilson(int(one.sum()), len(targets)) for name, one in right.items()},
        pairs=pairs,
        slices=[
            _slice(name, chosen, list(right.values()))
            for name, chosen in {**by_class, **(slices or {})}.items()
            if chosen.any()
        ],
    )


def _scores(probabilities: Array, targets: Places) -> dict[str, float]:
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    found = class_scores(confusion)
    return {
        "accuracy": float(np.trace(confusion) / len(targets)),
        "macro_f1": float(macro_f1(found.f1, found.support + found.predicted)),
        "log_loss": float(log_losses(probabilities, targets).mean()),
    }


def _slice(name: str, chosen: npt.NDArray[np.bool_], right: list[npt.NDArray[np.bool_]]) -> Slice:
    inside, rows = [one[chosen] for one in right], int(chosen.sum())
    first = inside[0]
    intervals = [(0.0, 0.0)] + [
        paired_interval(int((one & ~first).sum()), int((first & ~one).sum()), rows) for one in inside[1:]
    ]
    return Slice(name, rows, [float(one.mean()) for one in inside], intervals)


@dataclass(frozen=True, eq=False)
class _Shown:
    """Rows as examples."""

    documents: Sequence[Document]
    targets: Places
    classes: Sequence[Label]
    rows: Places

    def where(
        self, chosen: npt.NDArray[np.bool_], a: str, b: str, first: Array, second: Array, count: int
    ) -> list[dict[str, Any]]:
        """Rows with both answers, those first of which the two are surest together."""
        places = np.flatnonzero(chosen)
        sure = first[places].max(axis=1) + second[places].max(axis=1)
        found = []
        for place in places[np.argsort(-sure, kind="stable")][:count].tolist():
            said = {
                name: {"label": self.classes[int(one[place].argmax())], "probability": float(one[place].max())}
                for name, one in ((a, first), (b, second))
            }
            label = self.classes[int(self.targets[place])]
            found.append(
                {
                    "row": int(self.rows[place]),
                    "text": shortened(self.documents[place]),
                    "label": label,
                    "right": a if said[a]["label"] == label else b,
                    "answers": said,
                }
            )
        return found
