"""Settings of the text pipeline: which part of a document is read, tokens, and the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recurra.settings import Settings, at_least
from recurra.tokenizers import LOWERCASE_CHARACTERS, check_tokenizer

__all__ = ["TextSettings"]


@dataclass(frozen=True, kw_only=True)
class TextSettings(Settings):
    """Settings of the text pipeline.

    Attributes:
        field: ``all`` reads title and text, joined by a space; ``title`` reads only the title.
        first_words: with ``field="title"``, how many words of a document without a title are read in its place;
            ``None`` reads the whole text as a title. Training on a set with titles sets ``None``.
        tokens: ``lesson`` (Keras's TextVectorization: ASCII lower case, ASCII punctuation deleted, split at ASCII
            white space), ``words`` (Unicode words in lower case, each punctuation mark a token), ``characters``
            (code points), ``bytes`` (UTF-8), a segmenter's words (``jieba``, ``sudachi``, ``newmm``:
            :mod:`recurra.text.segmenters`), the name of a tokenizer of your own (:func:`recurra.tokenizers.register`),
            or ``auto``: words or characters, depending on the training rows (:mod:`recurra.text.words_or_characters`);
            a trained model holds the choice.
        lowercase: read ``characters`` in lower case, each that has one of a single code point; ``lesson``, ``words``
            and segmenters do so by themselves, ``bytes`` never.
        vocabulary_size: largest number of rows of the embedding, with the pad (id 0) and the unknown token (id 1).
        vocabulary_from: ``all`` counts the tokens of the texts that are read; ``titles`` those of titles only.
        vocabulary_documents: count only the first so many non-empty texts; ``None`` counts all.
        min_count: leave out tokens that occur less often.
        max_tokens: read only the first so many tokens of a document, in training and prediction alike; ``None`` reads
            all. The vocabulary counts all.
        fixed_rows: the embedding has ``vocabulary_size`` rows even if fewer tokens were found, as in Keras.
    """

    field: Literal["all", "title"] = "all"
    first_words: int | None = 10
    tokens: str = "words"
    lowercase: bool = False
    vocabulary_size: int = 20_000
    vocabulary_from: Literal["all", "titles"] = "all"
    vocabulary_documents: int | None = None
    min_count: int = 1
    max_tokens: int | None = None
    fixed_rows: bool = False

    def __post_init__(self) -> None:
        check_tokenizer(self.tokens)
        at_least("vocabulary_size", self.vocabulary_size, 3)
        at_least("min_count", self.min_count, 1)
        for name in ("first_words", "vocabulary_documents", "max_tokens"):
            if getattr(self, name) is not None:
                at_least(name, getattr(self, name), 1)

    @property
    def tokeniser(self) -> str:
        """The name of the tokeniser for :func:`recurra.text.segmenters.tokeniser`."""
        return LOWERCASE_CHARACTERS if self.tokens == "characters" and self.lowercase else self.tokens
