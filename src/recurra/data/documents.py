"""The types of documents and labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

from recurra.errors import DataError

__all__ = ["Document", "Label", "LabelSet", "check_documents"]

Document: TypeAlias = str | tuple[str, str]
"""A text, or (title, text)."""

Label: TypeAlias = str | int | bool | float
"""A class as the user writes it."""

LabelSet: TypeAlias = tuple[Label, ...]
"""The labels of a multi-label row; may be empty."""

_RENAMED = {"LabelCells": "LabelFormat", "ONE_LABEL": "SINGLE_LABEL_FORMAT", "LABEL_LISTS": "MULTI_LABEL_FORMAT"}


def check_documents(documents: Sequence[Document]) -> None:
    """Raises a :class:`DataError` that names the first item that is not a document."""
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


def __getattr__(name: str) -> Any:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from recurra.data import label_format

    now = _RENAMED[name]
    warnings.warn(f"{name} is called recurra.data.label_format.{now} now.", DeprecationWarning, stacklevel=2)
    return getattr(label_format, now)
