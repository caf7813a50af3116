"""From documents to token ids: field, tokens, vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from recurra.batches import Ragged
from recurra.data.documents import Document
from recurra.errors import SettingsError
from recurra.text.buffer import TextBuffer
from recurra.text.counting import most_frequent
from recurra.text.encoding import Encoder, encoder
from recurra.text.fields import input_texts, titles
from recurra.text.segmenters import tokeniser
from recurra.text.settings import TextSettings
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID, Vocabulary

__all__ = ["TextPipeline"]

# Documents whose texts are joined into one buffer at once.
BUFFERED = 1 << 16


@dataclass(frozen=True)
class TextPipeline:
    """Turns documents into the ids that a network reads.

    Attributes:
        settings: which text is read and how it is tokenised.
        vocabulary: the tokens that have their own id.
    """

    settings: TextSettings
    vocabulary: Vocabulary

    @classmethod
    def learn(cls, documents: Sequence[Document], settings: TextSettings) -> TextPipeline:
        """Learns the vocabulary.

        If titles are read and the training documents have titles, a plain text is later read as a title:
        ``first_words`` becomes ``None``.

        Args:
            documents: the training documents.
            settings: ``vocabulary_from`` and ``vocabulary_documents`` choose what is counted.

        Raises:
            DataError: an item is not a document, or no token is found.
            SettingsError: ``tokens`` is still ``auto``.
        """
        pairs = bool(len(documents)) and all(isinstance(document, tuple) for document in documents)
        return cls.learn_from([documents], settings, pairs=pairs)

    @classmethod
    def learn_from(cls, blocks: Iterable[Sequence[Document]], settings: TextSettings, *, pairs: bool) -> TextPipeline:
        """Learns the vocabulary of documents that arrive in blocks; how they are divided makes no difference.

        Args:
            blocks: the training documents; no more blocks are read than are counted.
            settings: see :meth:`learn`.
            pairs: whether all of them are (title, text) pairs.

        Raises:
            DataError: an item is not a document, or no token is found.
            SettingsError: ``tokens`` is still ``auto``.
        """
        if settings.tokens == "auto":
            raise SettingsError(
                "A vocabulary is to be learned with tokens = auto",
                "Choose first: recurra.text.words_or_characters.choose_tokens.",
            )
        if settings.field == "title" and pairs:
            settings = settings.replace(first_words=None)
        counts = most_frequent(_texts_to_count(blocks, settings), settings.tokeniser, settings.vocabulary_size)
        return cls(settings, Vocabulary.learn(counts, settings))

    @property
    def rows(self) -> int:
        """Number of rows of the embedding: one for each id, or ``vocabulary_size`` if ``fixed_rows`` is set."""
        known = len(self.vocabulary) + SPECIAL_IDS
        return max(known, self.settings.vocabulary_size) if self.settings.fixed_rows else known

    def encode(self, documents: Sequence[Document] | TextBuffer, unknown: list[str] | None = None) -> Ragged:
        """Token ids of B documents, of ``max_tokens`` at most; a document without tokens has length 0.

        Args:
            documents: texts or (title, text) pairs, or a buffer of texts.
            unknown: if given, the token of each id 1 is appended, in order.

        Raises:
            DataError: an item is not a document.
        """
        if isinstance(documents, TextBuffer):
            return self.encode_buffer(documents, unknown)
        return Ragged.concatenate([self._encode(texts, unknown) for texts in self._buffers(documents)])

    def encode_buffer(self, texts: TextBuffer, unknown: list[str] | None = None) -> Ragged:
        """Token ids of texts without titles, as :meth:`encode` returns them.

        Args:
            texts: B texts.
            unknown: see :meth:`encode`.
        """
        if self.settings.field == "title" and self.settings.first_words is not None:
            return self.encode([texts[text] for text in range(len(texts))], unknown)
        return self._encode(texts, unknown)

    def _encode(self, texts: TextBuffer, unknown: list[str] | None) -> Ragged:
        most = self.settings.max_tokens
        if most is None or unknown is None:
            ids = self.encoder(texts, unknown)
            return ids if most is None else ids.cut_to(most)
        # Of what is cut off nothing is told.
        every = list[str]()
        ids = self.encoder(texts, every)
        places = np.flatnonzero(ids.values == UNKNOWN_ID)
        within = places - np.repeat(ids.offsets[:-1], ids.lengths)[places] < most
        unknown.extend(word for word, read in zip(every, within.tolist(), strict=True) if read)
        return ids.cut_to(most)

    def _buffers(self, documents: Sequence[Document]) -> Iterator[TextBuffer]:
        """The documents' texts in blocks, because joining copies them."""
        for first in range(0, len(documents), BUFFERED):
            some = documents[first : first + BUFFERED]
            if isinstance(some, list) and self.settings.field == "all":
                try:
                    # The common case is texts alone; join raises an error for anything else.
                    yield TextBuffer.of(some)
                    continue
                except TypeError:
                    pass
            yield TextBuffer.of(input_texts(some, self.settings))

    def cut_to(self, most: int | None) -> TextPipeline:
        """The same pipeline for another number of tokens of a document; ``None`` for all."""
        return replace(self, settings=self.settings.replace(max_tokens=most))

    def tokens(self, document: Document) -> list[str]:
        """The tokens of one document as texts, one for each id of :meth:`encode`.

        Raises:
            DataError: it is not a document.
        """
        return tokeniser(self.settings.tokeniser)(input_texts([document], self.settings)[0])[: self.settings.max_tokens]

    def coverage(self, documents: Sequence[Document]) -> float:
        """The share of the documents' tokens that the vocabulary knows; 1 if there are no tokens.

        Raises:
            DataError: an item is not a document.
        """
        values = self.encode(documents).values
        return float(np.mean(values != UNKNOWN_ID)) if len(values) else 1.0

    @cached_property
    def encoder(self) -> Encoder:
        """From texts to ids, without the settings' cut."""
        return encoder(self.settings.tokeniser, self.vocabulary)

    def __getstate__(self) -> dict[str, Any]:
        # The encoder is left out: segmenters and tokenizers of your own belong to this process.
        return {"settings": self.settings, "vocabulary": self.vocabulary}


def _texts_to_count(blocks: Iterable[Sequence[Document]], settings: TextSettings) -> Iterator[list[str]]:
    """The texts whose tokens are counted."""
    read = titles if settings.vocabulary_from == "titles" else input_texts
    left = settings.vocabulary_documents
    for block in blocks:
        texts = list(filter(None, read(block, settings)))[:left]
        yield texts
        if left is not None:
            left -= len(texts)
            if not left:
                return
