"""What of a document is read, how it is cut into tokens, and which tokens the vocabulary holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recurra.settings import Settings, at_least

__all__ = ["TextSettings"]


@dataclass(frozen=True, kw_only=True)
class TextSettings(Settings):
    """Settings of the text pipeline.

    Attributes:
        field: ``all`` reads title and text, joined by a space; ``title`` reads the title alone.
        first_words: with ``field="title"``, how many words stand in for the title of a document that is one text;
            ``None`` takes such a text for a title. Training on a set with titles sets ``None``.
        tokens: ``lesson`` (Keras's TextVectorization: ASCII lower case, ASCII punctuation deleted, split at ASCII
            white space), ``words`` (Unicode words in lower case, each punctuation mark a token), ``characters``
            (code points), ``bytes`` (UTF-8), a segmenter's words (``jieba``, ``sudachi``, ``newmm``:
            :mod:`recurra.text.segmenters`), or ``auto``: words or characters, as the training rows suggest
            (:mod:`recurra.text.choice`); a trained model holds what was chosen.
        vocabulary_size: rows of the embedding at most, counting the pad (id 0) and the unknown token (id 1).
        vocabulary_from: ``all`` counts the tokens of what is read; ``titles`` those of titles alone.
        vocabulary_documents: count only the first so many non-empty texts; ``None`` counts all.
        min_count: leave out tokens seen fewer times.
        fixed_rows: give the embedding ``vocabulary_size`` rows even if fewer tokens were found, as Keras does.
    """

    field: Literal["all", "title"] = "all"
    first_words: int | None = 10
    tokens: Literal["auto", "lesson", "words", "characters", "bytes", "jieba", "sudachi", "newmm"] = "words"
    vocabulary_size: int = 20_000
    vocabulary_from: Literal["all", "titles"] = "all"
    vocabulary_documents: int | None = None
    min_count: int = 1
    fixed_rows: bool = False

    def __post_init__(self) -> None:
        at_least("vocabulary_size", self.vocabulary_size, 3)
        at_least("min_count", self.min_count, 1)
        if self.first_words is not None:
            at_least("first_words", self.first_words, 1)
        if self.vocabulary_documents is not None:
            at_least("vocabulary_documents", self.vocabulary_documents, 1)
