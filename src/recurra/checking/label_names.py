"""Labels as a check counts them: numbers for what stands in the cells, and the classes that each number means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.tasks import MULTI_LABEL, SINGLE_LABEL, Task

__all__ = ["NO_LABEL", "LabelNames", "written"]

NO_LABEL = -1

LISTED = ", "
"""Stands between labels that a file holds as a list."""


class LabelNames:
    """Numbers for labels as they are written, the same in all files of a check.

    Cells with the same labels in another order have one number.

    Attributes:
        names: of each number the label; of a row with several, all of them in one.
        members: of each number its classes: one, or any number where rows have several labels.
        task: what the rows look like: several labels from the first list on, if nothing else is decided.
        separator: what texts are split at, where they hold several labels.
        decided: whether somebody has said how the cells are to be taken.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.members: list[tuple[str, ...]] = []
        self.task: Task = SINGLE_LABEL
        self._cells: Task = SINGLE_LABEL
        self.separator: str | None = None
        self.decided = False
        self._numbers: dict[tuple[str, ...], int] = {}

    def decide(self, task: Task, *, separator: str | None = None) -> None:
        """Says how cells are taken, before the first of them gets a number.

        Args:
            task: what is to be learned from them.
            separator: what texts are split at, where they may hold several labels; without it each is one.
        """
        self.task = self._cells = task
        self.separator, self.decided = separator, True

    def number(self, value: object) -> int:
        """Of a cell; ``NO_LABEL`` of one that is missing, blank or no number, where each row has one label."""
        if isinstance(value, float) and not np.isfinite(value):
            return NO_LABEL
        if isinstance(value, list):
            self.task = self.task if self.task.lists else MULTI_LABEL
            return self.number_of(filter(None, map(written, value)))
        members = self._cells.members(written(value), self.separator)
        return NO_LABEL if members is None else self.number_of(members)

    def number_of(self, classes: Iterable[str]) -> int:
        """Of a row's classes, in any order."""
        members = tuple(sorted(set(classes)))
        if members not in self._numbers:
            self._numbers[members] = len(self.names)
            mark = LISTED if self.separator is None else self.separator
            # A row may have none of several labels.
            self.names.append(mark.join(members) or "(none)")
            self.members.append(members)
        return self._numbers[members]

    def having(self, classes: Iterable[str]) -> list[int]:
        """The numbers of rows that have one of these classes."""
        wanted = set(classes)
        return [number for number, own in enumerate(self.members) if not wanted.isdisjoint(own)]

    def respelled(self, usual: Mapping[str, str]) -> npt.NDArray[np.int32]:
        """For each number that of the same labels in their usual spelling; the last is of ``NO_LABEL``.

        Args:
            usual: of :func:`recurra.checking.labels.spellings`.
        """
        numbers = [self.number_of(usual.get(name, name) for name in own) for own in list(self.members)]
        return np.array([*numbers, *range(len(numbers), len(self.members)), NO_LABEL], dtype=np.int32)

    def respelled_cell(self, cell: Any, usual: Mapping[str, str]) -> Any:
        """A cell of the file with its labels in their usual spelling: their order, marks and white space stay."""
        if isinstance(cell, list):
            return list(dict.fromkeys(usual.get(name, name) for name in cell))
        if self.separator is None:
            # A label alone is its cell; one of several had the white space around it taken away.
            name = cell if cell in usual else cell.strip()
            return cell.replace(name, usual.get(name, name), 1)
        parts: dict[str, str] = {}
        for part in cell.split(self.separator):
            name = part.strip()
            best = usual.get(name, name)
            parts.setdefault(best, part.replace(name, best, 1))
        return self.separator.join(parts.values())

    def __getitem__(self, number: int) -> str:
        return "" if number == NO_LABEL else self.names[number]


def written(value: object) -> str:
    """A value as files of text write it: true and not True, several labels with commas between."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return LISTED.join(sorted(map(written, value)))
    return str(value)
