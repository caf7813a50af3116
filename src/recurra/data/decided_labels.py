"""The labels that decisions give rows, as values of the label column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from recurra.data.documents import LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import split_labels, split_text
from recurra.data.label_spellings import spelling_key
from recurra.errors import DataError

__all__ = ["DecidedLabels", "of_one_type"]

_LONGEST = 300  # characters of the labels in a message


class DecidedLabels:
    """The values that rows of a table may get.

    These are the values that others have, each of them in another spelling too (case, white space, damage), and, where
    rows have several labels, new combinations of these: as a JSON list, or as they stand in the table's cells. Another
    spelling of a label that a row keeps is that label, and no class of its own.

    Args:
        labels: of all rows.
        separator: separator of the labels in a cell; ``None`` if a text is one label, or the cells are lists.
        source: name of the table.
        kept: those of ``labels`` that rows keep which no decision is about.

    Attributes:
        values: those of ``labels``, and behind them those that :meth:`code` added.
    """

    def __init__(self, labels: EncodedLabels, *, separator: str | None, source: str, kept: Iterable[Any] = ()) -> None:
        self.separator, self.source = separator, source
        self.values: list[Any] = list(labels.values)
        self.lists = any(isinstance(value, tuple) for value in self.values)
        given = [value for value in self.values if value is not None]
        self._labels = dict.fromkeys(map(str, self._parts(given)))
        stay = self._parts([value for value in kept if value is not None])
        # Of several spellings the first one: training and checks name them.
        self._spelled = {spelling_key(label): label for label in reversed([*map(str, stay)])}
        self._keys = set(map(spelling_key, self._labels))
        self._codes = {self._written(value): code for code, value in enumerate(self.values) if value is not None}

    def code(self, label: str, number: int, *, new: bool = False) -> int:
        """The index in :attr:`values` of a label that a decision gives.

        Args:
            label: as it is written in the file of decisions.
            number: number of the row, for messages.
            new: whether it may be a label that no row has, as where a whole class gets another name.

        Raises:
            DataError: a label that no row has.
        """
        value: Any = label
        listed = _json_list(label)
        if not self.lists and label in self._codes:
            return self._codes[label]
        if self.lists:
            value = listed if listed is not None else split_text(label, self.separator)
        elif self.separator is not None and listed is not None:
            value = self.separator.join(map(str, listed))
        parts = [*map(str, self._parts([value]))]
        for part in parts:
            if not new and part not in self._labels and spelling_key(part) not in self._keys:
                raise self._unknown(label, part, number)
        spelled = [part if part in self._labels else self._spelled.get(spelling_key(part), part) for part in parts]
        if spelled != parts:
            spelled = [*dict.fromkeys(spelled)]
            value = tuple(spelled) if self.lists else (self.separator or "").join(spelled)
        written = self._written(value)
        if written not in self._codes:
            self._codes[written] = len(self.values)
            self.values.append(value)
        return self._codes[written]

    def _parts(self, values: list[Any]) -> list[Any]:
        """The single labels of values."""
        several = self.lists or self.separator is not None
        return [*chain.from_iterable(split_labels(values, self.separator))] if several else values

    def _written(self, value: Any) -> str:
        return json.dumps(value) if self.lists else str(value)

    def _unknown(self, label: str, part: str, number: int) -> DataError:
        known = ", ".join(sorted(filter(None, self._labels)))
        known = known if len(known) <= _LONGEST else known[:_LONGEST] + "…"
        what = f"which no row of {self.source} has"
        if part != label:
            what = f"and no row of {self.source} has the label {part!r:.80}"
        hint = f'Write a list such as ["a", "b"] of these: {known}.' if self.lists else f"Choose one of {known}."
        if not self.lists and self.separator is not None:
            hint = f"Choose among {known}, with {self.separator!r} between several."
        return DataError(f"Row {number:,} is to be relabelled {label!r:.80}, {what}", hint)


def of_one_type(values: Sequence[Any]) -> Sequence[Any]:
    """The values; those that are no texts, such as 1, written as texts where a decision has added a text to them."""
    kinds = set(map(type, values)) - {type(None), tuple}
    if str not in kinds or len(kinds) == 1:
        return values
    return [value if value is None or isinstance(value, tuple) else str(value) for value in values]


def _json_list(label: str) -> LabelSet | None:
    """The labels in a JSON list of texts; ``None`` for any other text."""
    if not label.lstrip().startswith("["):
        return None
    try:
        found = json.loads(label)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return None
    return tuple(dict.fromkeys(found))
