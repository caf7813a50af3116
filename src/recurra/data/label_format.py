"""How the cells of a label column are read, and the labels in a cell that holds several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from recurra.data.documents import LabelSet
from recurra.errors import DataError

__all__ = [
    "MULTI_LABEL_FORMAT",
    "SEPARATORS",
    "SINGLE_LABEL_FORMAT",
    "UNKNOWN_LABELS",
    "LabelFormat",
    "NoLabelError",
    "UnknownLabels",
    "nearly_one_a_row",
    "split_labels",
    "split_text",
]

UnknownLabels = Literal["wrong", "skip", "error"]
"""What to do with rows whose label the model does not know: count them as wrong, leave them out, or raise an error."""

UNKNOWN_LABELS: tuple[UnknownLabels, ...] = ("wrong", "skip", "error")


class LabelFormat(NamedTuple):
    """How the cells of a label column are read.

    Attributes:
        empty: whether a cell may be empty, which means a row without labels.
        typed: whether texts become numbers or booleans if all of them look like that.
        missing: whether rows may be unlabelled, which gives ``None``: also an empty cell that would mean no labels. An
            empty list means no labels always. Else a row without a label is an error where cells may not be empty.
    """

    empty: bool
    typed: bool
    missing: bool = False


class NoLabelError(DataError):
    """A row has no label where each must have one."""


SINGLE_LABEL_FORMAT = LabelFormat(empty=False, typed=True)
"""Each cell is one label."""

MULTI_LABEL_FORMAT = LabelFormat(empty=True, typed=False)
"""A cell holds any number of labels: it is a list, or a text that is split."""

SEPARATORS = ("|", ";", ",")
"""Separators of labels that are tried, in this order, if none is given."""


def nearly_one_a_row(classes: int, rows: int) -> bool:
    """Whether there are so many classes that they may be texts: more than 50, and more than one for two rows."""
    return classes > 50 and 2 * classes > rows


def split_labels(values: Sequence[Any], separator: str | None) -> list[LabelSet]:
    """The labels of each cell; an empty cell has none.

    Args:
        values: texts, or tuples of labels, which are kept.
        separator: separator to split texts at; ``None`` takes a text as one label.
    """
    return [value if isinstance(value, tuple) else split_text(str(value), separator) for value in values]


def split_text(text: str, separator: str | None) -> LabelSet:
    """The distinct labels in a text, in order; without a separator the text is one label."""
    parts = [text] if separator is None else text.split(separator)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
