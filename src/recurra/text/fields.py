"""Selects the part of a document that is read: title and text, or only the title."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.data.documents import Document, check_documents
from recurra.text.settings import TextSettings

__all__ = ["input_texts", "titles"]

# A plain text has no title: if one is needed and no setting says otherwise, its first words are taken, this many.
TITLE_WORDS = 10


def input_texts(documents: Sequence[Document], settings: TextSettings) -> list[str]:
    """The text of each document that the network reads.

    Args:
        documents: B documents, each one text or (title, text).
        settings: ``field="all"`` joins title and text by a space (an empty one is left out); ``field="title"`` takes
            the title, and from a plain text the first ``first_words`` words, or all if that is ``None``.

    Returns:
        B texts.

    Raises:
        DataError: something is neither a text nor a pair of texts.
    """
    check_documents(documents)
    if settings.field == "all":
        return [document if isinstance(document, str) else " ".join(filter(None, document)) for document in documents]
    return [_title(document, settings.first_words) for document in documents]


def titles(documents: Sequence[Document], settings: TextSettings) -> list[str]:
    """The titles that ``vocabulary_from="titles"`` counts, whichever field is read.

    Args:
        documents: B documents, each one text or (title, text).
        settings: ``first_words`` words of a plain text are its title; ``None`` means 10 here.

    Returns:
        B titles; those of pairs may be empty.

    Raises:
        DataError: something is neither a text nor a pair of texts.
    """
    check_documents(documents)
    return [_title(document, settings.first_words or TITLE_WORDS) for document in documents]


def _title(document: Document, words: int | None) -> str:
    if not isinstance(document, str):
        return document[0]
    # With maxsplit the rest of a long text is not split.
    return document if words is None else " ".join(document.split(maxsplit=words)[:words])
