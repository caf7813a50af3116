"""Which part of a document is read: title and text, or the title alone."""

from __future__ import annotations

from collections.abc import Sequence

from recurra.data.documents import Document, check_documents
from recurra.text.settings import TextSettings

__all__ = ["readable", "titles"]

# A plain text has no title; where a title is needed and no setting says how long it is, so many words stand in for it.
TITLE_WORDS = 10


def readable(documents: Sequence[Document], settings: TextSettings) -> list[str]:
    """The one text of each document that the network reads.

    Args:
        documents: B documents, each one text or (title, text).
        settings: ``field="all"`` joins title and text by a space (an empty one is left out); ``field="title"`` takes
            the title, and of a plain text its first ``first_words`` words, or all of it if that is ``None``.

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
    """The titles that ``vocabulary_from="titles"`` counts, whatever the field that is read.

    Args:
        documents: B documents, each one text or (title, text).
        settings: ``first_words`` says how many words of a plain text stand in for its title; ``None`` means 10 here.

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
    # maxsplit leaves the rest of a long text unsplit in one last piece.
    return document if words is None else " ".join(document.split(maxsplit=words)[:words])
