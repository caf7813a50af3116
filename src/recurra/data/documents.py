"""The types of documents and labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

from recurra.errors import DataError

__all__ = [
    "Document",
    "Label",
    "LabelSet",
    "check_documents",
    "is_missing",
    "no_texts",
    "one_document",
    "plain_documents",
    "row_numbers",
]

Document: TypeAlias = str | tuple[str, str]
"""A text, or (title, text)."""

Label: TypeAlias = str | int | bool | float
"""A class as the user writes it."""

LabelSet: TypeAlias = tuple[Label, ...]
"""The labels of a multi-label row; may be empty."""

_RENAMED = {"LabelCells": "LabelFormat", "ONE_LABEL": "SINGLE_LABEL_FORMAT", "LABEL_LISTS": "MULTI_LABEL_FORMAT"}


def check_documents(documents: Sequence[Document]) -> None:
    """Raises a :class:`DataError` that names the missing ones, or the first item that is not a document."""
    if isinstance(documents, str):
        raise DataError(
            f"A list of documents was expected, not the text {documents[:80]!r}", "Put it in a list: [text]."
        )
    for place, document in enumerate(documents):
        if isinstance(document, str):
            continue
        if isinstance(document, tuple) and len(document) == 2 and all(isinstance(part, str) for part in document):
            continue
        if is_missing(document):
            raise no_texts([row for row, one in enumerate(documents) if is_missing(one)])
        if isinstance(document, tuple) and len(document) == 2 and any(map(is_missing, document)):
            what = "title" if is_missing(document[0]) else "text"
            raise DataError(
                f"Document {place} (counted from 0) has no {what}: {repr(document)[:80]}",
                f"Give '' for each {what} that is missing, as frame[{what!r}].fillna('') does.",
            )
        raise DataError(
            f"Document {place} (counted from 0) is {repr(document)[:80]}",
            f"Give a text, or a pair (title, text){_remedy(document)}.",
        )


def plain_documents(documents: Any) -> list[Any]:
    """Documents as a list, by their position: a Series of pandas is indexed by its labels, which may be in any order.

    Args:
        documents: B of them in a list, an array or a column; a pair may be a list or a row of an array.
    """
    # The types in this module are needed where NumPy is not.
    from recurra.data.plain_values import listed

    # np.str_ is a str.
    return [
        str(one) if isinstance(one, str) else tuple(map(_text, one)) if _is_pair(one) else one
        for one in listed(documents)
    ]


def _is_pair(value: Any) -> bool:
    # A row of an array has one dimension.
    return (isinstance(value, tuple | list) or getattr(value, "ndim", 0) == 1) and len(value) == 2


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def one_document(document: Any) -> Document:
    """The document, where one is read.

    Raises:
        DataError: it is a list, an array or a column of several.
    """
    if isinstance(document, list) or getattr(document, "ndim", 0) > 0:
        raise DataError(
            f"One text or pair (title, text) is read, and a {type(document).__name__} of {len(document):,} was given",
            'Give one of them, such as texts[0], or " ".join(tokens) of tokens.',
        )
    return document  # type: ignore[no-any-return]


def _remedy(value: object) -> str:
    """How what is often given in place of a text becomes one, after a colon; else empty."""
    if isinstance(value, bytes):
        return ": text.decode()"
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return ': " ".join(tokens), if these are tokens'
    if getattr(value, "dtype", None) is not None:
        return "; texts go in directly, without a vectorizer"
    return ""


def is_missing(value: object) -> bool:
    """Whether a value stands for none: ``None``, NaN, or what pandas has in their place."""
    if value is None or isinstance(value, str | tuple | list):
        return value is None
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        # pandas.NA is neither equal to itself nor different; arrays are many values.
        return type(value).__name__ == "NAType"


def row_numbers(rows: Sequence[int]) -> str:
    """The first rows for a message: ``row 3``, or ``rows 3, 7 and 2 more``, counted from 0 as lists and arrays are."""
    shown = ", ".join(map(str, rows[:5]))
    more = f" and {len(rows) - 5:,} more" if len(rows) > 5 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}{more} (counted from 0)"


def no_texts(rows: Sequence[int]) -> DataError:
    """The error for rows without a text."""
    return DataError(
        f"There is no text in {row_numbers(rows)}",
        "Leave these rows out, as frame.dropna() does, or give '' for texts that are empty.",
    )


def __getattr__(name: str) -> Any:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from recurra.data import label_format

    now = _RENAMED[name]
    warnings.warn(f"{name} is called recurra.data.label_format.{now} now.", DeprecationWarning, stacklevel=2)
    return getattr(label_format, now)
