"""The names of scores, and scores that are means over rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.evaluation.intervals import Interval
from recurra.evaluation.row_scores import RowScores
from recurra.representation import Representation, Represented, counted_rows

__all__ = ["MeanRowScores", "MeanScores", "Score", "Scores"]

Doubles = npt.NDArray[np.float64]


class Score(NamedTuple):
    """A score's names and where it is shown.

    Attributes:
        key: in Python and JSON.
        name: in lines of text.
        meaning: a sentence.
        percent: whether it is a share that pages show in percent.
        recorded: whether it is written into a model's record.
        printed: whether training prints it.
        card: its name in the model card; ``name`` if empty.
        short: its name where training prints it; ``card`` if empty.
    """

    key: str
    name: str
    meaning: str
    percent: bool = False
    recorded: bool = True
    printed: bool = True
    card: str = ""
    short: str = ""

    @property
    def printed_name(self) -> str:
        """The name that training prints."""
        return self.short or self.card or self.name

    @property
    def title(self) -> str:
        """The name at the beginning of a line of a table."""
        return self.name[0].upper() + self.name[1:]


class Scores(Protocol):
    """The result of an evaluation."""

    @property
    def rows(self) -> int:
        """B."""

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % interval of each score, by its key."""

    def to_dict(self) -> Any:
        """Plain values: ``rows``, each score by its key, ``intervals``, and whatever else the task reports."""


@dataclass(frozen=True, eq=False, repr=False)
class MeanScores(Represented):
    """Scores that are means over rows.

    Attributes:
        rows: B.
        values: by key.
        intervals: 95 % bootstrap interval of each.
    """

    rows: int
    values: dict[str, float]
    intervals: dict[str, Interval]

    def _representation(self) -> Representation:
        rows = [
            (key, f"{value:.4f}", "{:.4f}–{:.4f}".format(*self.intervals[key]) if key in self.intervals else "")
            for key, value in self.values.items()
        ]
        return Representation(f"MeanScores: {counted_rows(self.rows)}", ("score", "value", "95 % interval"), rows)

    def to_dict(self) -> dict[str, Any]:
        """See :class:`Scores`."""
        return {
            "rows": self.rows,
            **self.values,
            "intervals": {key: list(interval) for key, interval in self.intervals.items()},
        }


class MeanRowScores(RowScores[MeanScores]):
    """See :class:`recurra.evaluation.row_scores.RowScores`.

    Args:
        right: bool[B], which rows have the right answer.
        each: [B] numbers by the score's key.
    """

    def __init__(self, right: npt.NDArray[np.bool_], each: Mapping[str, npt.ArrayLike]) -> None:
        self.right = right
        self.each = {key: np.asarray(values, dtype=np.float64) for key, values in each.items()}

    def scores(self) -> dict[str, float]:
        """The means."""
        return {key: float(values.mean()) for key, values in self.each.items()}

    def weighted_scores(self, counts: Doubles) -> dict[str, Doubles]:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        table = np.stack(list(self.each.values()), axis=1)
        return dict(zip(self.each, (counts @ table / len(table)).T, strict=True))

    def result(self, scores: dict[str, float], intervals: dict[str, Interval]) -> MeanScores:
        """See :class:`recurra.evaluation.row_scores.RowScores`."""
        return MeanScores(len(self.right), scores, intervals)
