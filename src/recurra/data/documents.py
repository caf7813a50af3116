"""What a document is: one text, or a title with a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from recurra.errors import DataError

__all__ = [
    "LABEL_LISTS",
    "ONE_LABEL",
    "SEPARATORS",
    "Document",
    "Label",
    "LabelCells",
    "LabelSet",
    "as_sets",
    "check_documents",
    "split_cell",
]

Document: TypeAlias = str | tuple[str, str]
"""One text, or (title, text)."""

Label: TypeAlias = str | int | bool | float
"""A class as the user writes it."""

LabelSet: TypeAlias = tuple[Label, ...]
"""The labels of a row that may have several, or none."""


class LabelCells(NamedTuple):
    """How the cells of a column of labels are read.

    Attributes:
        empty: whether a cell may be empty, which is a row without a label.
        typed: whether texts become numbers or booleans, where all of them are written so.
    """

    empty: bool
    typed: bool


ONE_LABEL = LabelCells(empty=False, typed=True)
"""Each cell is one label."""

SEPARATORS = ("|", ";", ",")
"""What is tried between the labels of a cell, in this order, where no separator is named."""

LABEL_LISTS = LabelCells(empty=True, typed=False)
"""A cell holds any number of labels: a list, or a text that is split."""


def check_documents(documents: Sequence[Document]) -> None:
    """Raises a :class:`DataError` that names the first thing which is no document."""
    if isinstance(documents, str):
        raise DataError(
            f"A list of documents was expected, not the text {documents[:80]!r}", "Put it in a list: [text]."
        )
    for place, document in enumerate(documents):
        if isinstance(document, str):
            continue
        if isinstance(document, tuple) and len(document) == 2 and all(isinstance(part, str) for part in document):
            continue
        raise DataError(
            f"Document {place} (counted from 0) is {repr(document)[:80]}", "Give a text, or a pair (title, text)."
        )


def as_sets(values: Sequence[Any], separator: str | None) -> list[LabelSet]:
    """Tuples of labels out of cells; an empty cell has none.

    Args:
        values: texts, or tuples of labels, which stay what they are.
        separator: what texts are split at; ``None`` takes a text for one label.
    """
    return [value if isinstance(value, tuple) else split_cell(str(value), separator) for value in values]


def split_cell(text: str, separator: str | None) -> LabelSet:
    """The labels of a cell in their order, each once; without a separator it is one label."""
    parts = [text] if separator is None else text.split(separator)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
