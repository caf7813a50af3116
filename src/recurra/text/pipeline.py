"""From documents to token ids: field, tokens, vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recurra.batches import Ragged
from recurra.data.documents import Document
from recurra.errors import SettingsError
from recurra.text.buffer import TextBuffer
from recurra.text.counting import most_frequent
from recurra.text.encoding import Encoder, encoder
from recurra.text.fields import readable, titles
from recurra.text.segmenters import tokeniser
from recurra.text.settings import TextSettings
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID, Vocabulary

__all__ = ["TextPipeline"]

# Documents whose texts are joined at once.
BUFFERED = 1 << 16


@dataclass(frozen=True)
class TextPipeline:
    """Turns documents into the ids that a network reads.

    Attributes:
        settings: what is read and how it is cut.
        vocabulary: the tokens that have an id of their own.
    """

    settings: TextSettings
    vocabulary: Vocabulary

    @classmethod
    def learn(cls, documents: Sequence[Document], settings: TextSettings) -> TextPipeline:
        """Learns the vocabulary.

        A network that reads titles and is trained on titles takes a plain text, later, for a title: ``first_words``
        becomes ``None``.

        Args:
            documents: the training documents.
            settings: ``vocabulary_from`` and ``vocabulary_documents`` choose what is counted.

        Raises:
            DataError: something is no document, or no token is found.
            SettingsError: ``tokens`` is still ``auto``.
        """
        pairs = bool(len(documents)) and all(isinstance(document, tuple) for document in documents)
        return cls.learn_from([documents], settings, pairs=pairs)

    @classmethod
    def learn_from(cls, blocks: Iterable[Sequence[Document]], settings: TextSettings, *, pairs: bool) -> TextPipeline:
        """Learns the vocabulary of documents that come in parts; the parts make no difference.

        Args:
            blocks: the training documents, some at a time; no more are asked for than are counted.
            settings: see :meth:`learn`.
            pairs: whether all of them are (title, text) pairs.

        Raises:
            DataError: something is no document, or no token is found.
            SettingsError: ``tokens`` is still ``auto``.
        """
        if settings.tokens == "auto":
            raise SettingsError(
                "A vocabulary is to be learned with tokens = auto", "Choose first: recurra.text.choice.choose_tokens."
            )
        if settings.field == "title" and pairs:
            settings = settings.replace(first_words=None)
        counts = most_frequent(_counted(blocks, settings), settings.tokens, settings.vocabulary_size)
        return cls(settings, Vocabulary.learn(counts, settings))

    @property
    def rows(self) -> int:
        """Rows of the embedding: one an id, or ``vocabulary_size`` if ``fixed_rows`` is set."""
        known = len(self.vocabulary) + SPECIAL_IDS
        return max(known, self.settings.vocabulary_size) if self.settings.fixed_rows else known

    def encode(self, documents: Sequence[Document]) -> Ragged:
        """Ids of B documents' tokens; a document without tokens has length 0.

        Raises:
            DataError: something is no document.
        """
        return Ragged.joined([self._encoder(texts) for texts in self._buffers(documents)])

    def encode_buffer(self, texts: TextBuffer) -> Ragged:
        """Ids of texts, which have no titles, as :meth:`encode` gives them.

        Args:
            texts: B texts.
        """
        if self.settings.field == "title" and self.settings.first_words is not None:
            return self.encode([texts[text] for text in range(len(texts))])
        return self._encoder(texts)

    def _buffers(self, documents: Sequence[Document]) -> Iterator[TextBuffer]:
        """The documents' texts, some at a time: joined, they are in memory twice."""
        for first in range(0, len(documents), BUFFERED):
            some = documents[first : first + BUFFERED]
            if isinstance(some, list) and self.settings.field == "all":
                try:
                    # Texts alone, which is the common case, are looked at by join itself.
                    yield TextBuffer.of(some)
                    continue
                except TypeError:
                    pass
            yield TextBuffer.of(readable(some, self.settings))

    def tokens(self, document: Document) -> list[str]:
        """The tokens of one document as text, in step with the ids of :meth:`encode`.

        Raises:
            DataError: it is no document.
        """
        return tokeniser(self.settings.tokens)(readable([document], self.settings)[0])

    def coverage(self, documents: Sequence[Document]) -> float:
        """The share of the documents' tokens that the vocabulary knows; 1 where there is no token.

        Raises:
            DataError: something is no document.
        """
        values = self.encode(documents).values
        return float(np.mean(values != UNKNOWN_ID)) if len(values) else 1.0

    @cached_property
    def _encoder(self) -> Encoder:
        return encoder(self.settings.tokens, self.vocabulary)


def _counted(blocks: Iterable[Sequence[Document]], settings: TextSettings) -> Iterator[list[str]]:
    """The texts whose tokens are counted."""
    read = titles if settings.vocabulary_from == "titles" else readable
    left = settings.vocabulary_documents
    for block in blocks:
        texts = list(filter(None, read(block, settings)))[:left]
        yield texts
        if left is not None:
            left -= len(texts)
            if not left:
                return
