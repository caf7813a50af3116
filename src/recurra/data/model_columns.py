"""The names of the columns that a model learned from, as its record has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ModelColumns", "learned_from_texts_alone", "learned_from_titles", "pairs_given", "titles_missing"]

PAIRS = "give pairs (title, text), or a table with both columns"

LONGEST = 200
"""Maximum length of a column's name in a record, in characters."""


@dataclass(frozen=True)
class ModelColumns:
    """The names of the columns that a model learned from.

    Attributes:
        text: the column of the texts.
        title: the column of the titles, or ``None`` if it learned from texts alone.
        label: the column of the labels, or ``None`` if the labels were no column.
    """

    text: str
    title: str | None = None
    label: str | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ModelColumns | None:
        """The names in a model's record; ``None`` where it has none, or anything else in their place."""
        found = record.get("columns")
        if not isinstance(found, dict):
            return None
        text, title, label = (found.get(role) for role in ("text", "title", "label"))
        names = [name for name in (text, title, label) if name is not None]
        if not isinstance(text, str) or not all(isinstance(name, str) and 0 < len(name) <= LONGEST for name in names):
            return None
        return cls(text, title, label) if len(set(names)) == len(names) else None

    def to_record(self) -> dict[str, str]:
        """The names for a record; empty if one is too long to be kept."""
        names = {role: name for role, name in self.by_role.items() if name is not None}
        return names if all(0 < len(name) <= LONGEST for name in names.values()) else {}

    @property
    def by_role(self) -> dict[str, str | None]:
        """The names by role: ``text``, ``title`` and ``label``."""
        return {"text": self.text, "title": self.title, "label": self.label}

    @property
    def options(self) -> list[str]:
        """The names as options of a command."""
        return [word for role, name in self.by_role.items() if name is not None for word in (f"--{role}", name)]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are."""
        return tuple(name for name in self.by_role.values() if name is not None)


def learned_from_titles(record: Mapping[str, Any]) -> bool:
    """Whether a model's record says that it learned from titles and texts."""
    columns = ModelColumns.from_record(record)
    return record.get("titles") is True if columns is None else columns.title is not None


def learned_from_texts_alone(record: Mapping[str, Any]) -> bool:
    """Whether a model's record says that it learned from texts without titles; of older models it may say nothing."""
    columns = ModelColumns.from_record(record)
    return record.get("titles") is False if columns is None else columns.title is None


def pairs_given(record: Mapping[str, Any]) -> str:
    """What is said where such a model is given pairs of title and text."""
    columns = ModelColumns.from_record(record)
    of = "" if columns is None else f", the column {columns.text!r:.60}"
    return (
        f"The model learned from texts alone{of}, and is given pairs, which it reads as (title, text): give texts; a "
        'list of tokens is " ".join(tokens).'
    )


def titles_missing(record: Mapping[str, Any], way: str = PAIRS) -> str:
    """What is said where such a model is given texts alone.

    Args:
        record: the model's.
        way: how both are given.
    """
    columns = ModelColumns.from_record(record)
    of = "" if columns is None else f", the columns {columns.title!r:.60} and {columns.text!r:.60}"
    return f"The model learned from titles and texts{of}, and is given texts alone: {way}."
