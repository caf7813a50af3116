"""Scores by name: what they are called, and the ones that are means over rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from recurra.evaluation.intervals import CHUNK, Interval

__all__ = ["MeanScores", "Score", "Scores", "resampled_means"]

Doubles = npt.NDArray[np.float64]


class Score(NamedTuple):
    """What a score is called.

    Attributes:
        key: in Python and JSON.
        name: in lines of text.
        meaning: a sentence.
        percent: whether it is a share that pages show in percent.
        recorded: whether it stands in a model's record.
        told: whether training prints it.
        card: its name in the model card; ``name`` without it.
        short: its name where training prints it; ``card`` without it.
    """

    key: str
    name: str
    meaning: str
    percent: bool = False
    recorded: bool = True
    told: bool = True
    card: str = ""
    short: str = ""

    @property
    def printed(self) -> str:
        """The name where training prints it."""
        return self.short or self.card or self.name

    @property
    def title(self) -> str:
        """The name at the beginning of a line of a table."""
        return self.name[0].upper() + self.name[1:]


class Scores(Protocol):
    """What an evaluation gives."""

    @property
    def rows(self) -> int:
        """B."""

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % interval of each score, by its key."""

    def to_json(self) -> Any:
        """Plain values: ``rows``, each score by its key, ``intervals``, and what else there is to tell."""


@dataclass(frozen=True, eq=False)
class MeanScores:
    """Scores that are means over rows.

    Attributes:
        rows: B.
        values: by key.
        intervals: 95 % bootstrap interval of each.
    """

    rows: int
    values: dict[str, float]
    intervals: dict[str, Interval]

    @classmethod
    def of(cls, each: Mapping[str, npt.ArrayLike], *, seed: int = 0, resamples: int = 1000) -> MeanScores:
        """The means of [B] numbers by key."""
        numbers = {key: np.asarray(values, dtype=np.float64) for key, values in each.items()}
        draws = resampled_means(numbers, seed=seed, resamples=resamples)
        ends = {key: np.quantile(values, [0.025, 0.975]).tolist() for key, values in draws.items()}
        return cls(
            rows=len(next(iter(numbers.values()))),
            values={key: float(values.mean()) for key, values in numbers.items()},
            intervals={key: (low, high) for key, (low, high) in ends.items()},
        )

    def to_json(self) -> dict[str, Any]:
        """See :class:`Scores`."""
        return {
            "rows": self.rows,
            **self.values,
            "intervals": {key: list(interval) for key, interval in self.intervals.items()},
        }


def resampled_means(each: Mapping[str, Doubles], *, seed: int, resamples: int) -> dict[str, Doubles]:
    """The means of each bootstrap resample of the rows, float64[resamples]; the same rows are drawn for every score."""
    table = np.stack(list(each.values()), axis=1)
    rows, generator = len(table), np.random.default_rng(seed)
    chunk = max(1, CHUNK // rows)
    parts = []
    for first in range(0, resamples, chunk):
        counts = generator.multinomial(rows, np.full(rows, 1 / rows), min(chunk, resamples - first))
        parts.append(counts @ table / rows)
    return dict(zip(each, np.concatenate(parts).T, strict=True))
