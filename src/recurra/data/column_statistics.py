"""Statistics of a column, by which its role in a table is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recurra.data.label_format import SEPARATORS, split_text
from recurra.data.usual_names import is_id_or_date_name, is_label_name, is_text_name, is_title_name

__all__ = ["ColumnStatistics", "are_flags", "are_numbers", "distinct_labels", "may_be_texts"]

SEVERAL = 0.1
"""Minimum share of the cells with a separator where cells may hold several labels."""


@dataclass(frozen=True)
class ColumnStatistics:
    """Statistics of a column for guessing its role.

    Attributes:
        name: name of the column in the file.
        rows: number of rows that the statistics are based on.
        mean_length: mean length of the values in bytes, None if the column cannot hold texts.
        distinct: number of distinct values, or of the labels in them (:func:`distinct_labels`); None if the column
            cannot hold labels.
        flags: whether its values say yes or no, such as 1 and 0: one of several such columns is a label of its own.
        numbers: whether it is a column of texts that are all numbers, dates or codes, such as 17, 12.11.2025 or T-17.
    """

    name: str
    rows: int
    mean_length: float | None
    distinct: int | None
    numbers: bool = False
    flags: bool = False

    @property
    def few(self) -> bool:
        """Whether there are as few values as of labels."""
        return self.distinct is not None and self.distinct <= max(10, self.rows // 10)

    @property
    def repeats(self) -> bool:
        """Whether there are so few, at least two, and each stands twice in the mean."""
        return self.few and 2 <= (self.distinct or 0) <= self.rows // 2 and not self.numbers


def are_flags(values: Iterable[object]) -> bool:
    """Whether all values are 0 or 1, true or false, or missing, and some are there; a rare label may have no 1."""
    found = {"" if value is None else str(value).strip().casefold().removesuffix(".0") for value in values}
    return found <= {"", "0", "1", "true", "false"} and found != {""} and bool(found)


def are_numbers(values: Iterable[str | None]) -> bool:
    """Whether all texts that are not blank, of which there are some, are numbers, dates or codes.

    Such a text has at most two words, and more digits than letters. A longer row of numbers may be a sequence to be
    classified.
    """
    found = False
    for value in values:
        if not value or not value.strip():
            continue
        found = True
        if len(value.split()) > 2 or sum(map(str.isdigit, value)) <= sum(map(str.isalpha, value)):
            return False
    return found


def may_be_texts(name: str, values: Iterable[str | None]) -> bool:
    """Whether a column may hold the texts, by its name or its words.

    Those of labels and titles, identifiers, dates and numbers do not, nor do single words.
    """
    given = [value for value in values if value and value.strip()]
    if is_text_name(name):
        return bool(given) and not are_numbers(given)
    if is_label_name(name) or is_title_name(name) or is_id_or_date_name(name) or are_numbers(given):
        return False
    return sum(len(value.split()) for value in given) >= 2 * len(given) > 0


def distinct_labels(values: Iterable[str | None]) -> int:
    """The number of distinct values; of the labels in them where these are fewer, as cells may hold several.

    Args:
        values: texts; those that are missing do not count.
    """
    cells = [value for value in values if value is not None]
    fewest = len(set(cells))
    for mark in SEPARATORS:
        if sum(mark in cell for cell in cells) >= max(1, SEVERAL * len(cells)):
            fewest = min(fewest, len({part for cell in cells for part in split_text(cell, mark)}))
    return fewest
