"""How often the files of a service's models were read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from multiprocessing import RawArray

__all__ = ["RESULTS", "ReloadCounts"]

RESULTS = ("replaced", "unchanged", "failed")
"""What becomes of a file that is read again: another model answers, it is the same one, or it cannot be used."""


class ReloadCounts:
    """Counts by model and result.

    Args:
        models: the models' names.
        shared: whether processes that this one starts with the object read what it counts.
    """

    def __init__(self, models: Iterable[str], *, shared: bool = False) -> None:
        self._places = {key: place for place, key in enumerate((name, one) for name in models for one in RESULTS)}
        # Only one process writes, so no lock is needed.
        self._counts = RawArray("q", len(self._places)) if shared else [0] * len(self._places)

    def add(self, model: str, result: str) -> None:
        """Counts a file that was read again; ``result`` is one of :data:`RESULTS`."""
        self._counts[self._places[model, result]] += 1

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        """Model, result and count, zeros included."""
        for (model, result), place in self._places.items():
            yield model, result, self._counts[place]
