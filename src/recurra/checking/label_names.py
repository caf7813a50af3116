"""Numbers for the cells of the label column, and the classes that each number stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.tasks import MULTI_LABEL, SINGLE_LABEL, Task

__all__ = ["NO_LABEL", "LabelNames", "label_text", "value_text"]

NO_LABEL = -1

LISTED = ", "
"""Separator in the text of a list of labels."""


class LabelNames:
    """Numbers labels as they are written, the same way in all files of a check.

    Cells with the same labels in another order have the same number.

    Attributes:
        names: the label of each number; of a multi-label row, all labels joined.
        members: the classes of each number: one, or any number of them if the rows are multi-label.
        task: task that the rows fit: multi-label from the first list on, unless the format was set.
        separator: separator that texts are split at, if they hold several labels.
        format_known: whether the format of the cells was set.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.members: list[tuple[str, ...]] = []
        self.task: Task = SINGLE_LABEL
        self._cells: Task = SINGLE_LABEL
        self.separator: str | None = None
        self.format_known = False
        self._numbers: dict[tuple[str, ...], int] = {}

    def set_format(self, task: Task, *, separator: str | None = None) -> None:
        """Sets the format of the cells; call it before the first cell is numbered.

        Args:
            task: the task that the labels are for.
            separator: separator of the labels in a text; without it each text is one label.
        """
        self.task = self._cells = task
        self.separator, self.format_known = separator, True

    def number(self, value: object) -> int:
        """The number of a cell; ``NO_LABEL`` for a missing, blank or NaN cell if each row has one label."""
        if isinstance(value, float) and not np.isfinite(value):
            return NO_LABEL
        if isinstance(value, list):
            self.task = self.task if self.task.lists else MULTI_LABEL
            return self.number_of(filter(None, map(label_text, value)))
        members = self._cells.members(label_text(value), self.separator)
        return NO_LABEL if members is None else self.number_of(members)

    def number_of(self, classes: Iterable[str]) -> int:
        """The number of a row's classes, in any order."""
        members = tuple(sorted(set(classes)))
        if members not in self._numbers:
            self._numbers[members] = len(self.names)
            mark = LISTED if self.separator is None else self.separator
            # A multi-label row may have no label.
            self.names.append(mark.join(members) or "(none)")
            self.members.append(members)
        return self._numbers[members]

    @property
    def without_labels(self) -> list[int]:
        """The number of rows without any label, if there are any."""
        return [number for number, own in enumerate(self.members) if not own]

    def having(self, classes: Iterable[str]) -> list[int]:
        """The numbers that include one of these classes."""
        wanted = set(classes)
        return [number for number, own in enumerate(self.members) if not wanted.isdisjoint(own)]

    def respelled(self, usual: Mapping[str, str]) -> npt.NDArray[np.int32]:
        """int32[numbers + 1], the number of each number's labels in their cleanest spelling; the last is ``NO_LABEL``.

        Args:
            usual: the result of :func:`recurra.data.label_spellings.usual_spellings`.
        """
        numbers = [self.number_of(usual.get(name, name) for name in own) for own in list(self.members)]
        return np.array([*numbers, *range(len(numbers), len(self.members)), NO_LABEL], dtype=np.int32)

    def respelled_cell(self, cell: Any, usual: Mapping[str, str]) -> Any:
        """A cell with its labels in their cleanest spelling; their order, separators and white space are kept."""
        if isinstance(cell, list):
            return list(dict.fromkeys(usual.get(name, name) for name in cell))
        if self.separator is None:
            # A single label is its whole cell; in multi-label cells, white space around a label was stripped.
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


def label_text(value: object) -> str:
    """A label as text: as values are, and one spelling for 1 and 1.0."""
    return value_text(int(value) if isinstance(value, float) and value.is_integer() else value)


def value_text(value: object) -> str:
    """A value as text: booleans are true and false, labels of a list are joined by commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return LISTED.join(sorted(map(value_text, value)))
    return str(value)
