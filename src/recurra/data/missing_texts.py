"""Rows whose text is missing: how many, and in what way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recurra.data.arrow_columns import blank_texts
from recurra.data.documents import Document
from recurra.data.plain_columns import Column

__all__ = ["MissingTexts"]


@dataclass(frozen=True)
class MissingTexts:
    """Numbers of rows whose text is missing, or nothing but white space.

    Attributes:
        rows: number of all rows.
        empty: those with neither a text nor a title.
        without_text: those with a title and no text.
    """

    rows: int = 0
    empty: int = 0
    without_text: int = 0

    @classmethod
    def of_columns(cls, texts: Column, titles: Column | None) -> MissingTexts:
        """Of B texts and, in a table with titles, B titles."""
        blank = blank_texts(texts)
        if titles is None:
            return cls(len(blank), int(blank.sum()))
        empty = int((blank & blank_texts(titles)).sum())
        return cls(len(blank), empty, int(blank.sum()) - empty)

    @classmethod
    def of_documents(cls, documents: Sequence[Document]) -> MissingTexts:
        """Of texts or (title, text) pairs."""
        pairs = [("", one) if isinstance(one, str) else one for one in documents]
        titles = [title for title, text in pairs if not text.strip()]
        empty = sum(not title.strip() for title in titles)
        return cls(len(pairs), empty, len(titles) - empty)

    def plus(self, other: MissingTexts) -> MissingTexts:
        """The numbers of two parts together."""
        return MissingTexts(self.rows + other.rows, self.empty + other.empty, self.without_text + other.without_text)
