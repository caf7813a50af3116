"""Documents whose unknown words are known by their letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.data.documents import Document
from recurra.text import TextPipeline
from recurra.text.buffer import TextBuffer
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID

__all__ = ["OpenDocuments", "OpenVocabulary"]

# Unknown words that get an id; a hundred MB of them.
MOST_WORDS = 1 << 20


@dataclass(frozen=True, eq=False)
class OpenDocuments:
    """Token ids in which each unknown word has an id of its own, after those of the vocabulary.

    Attributes:
        ids: of B documents; a network reads :attr:`closed`.
        known: V, the vocabulary's ids, with the two special ones.
        words: the word of each id from V on.
        max_tokens: a network reads only the first so many tokens of a document; ``None`` if all.
    """

    ids: Ragged
    known: int
    words: tuple[str, ...] = ()
    max_tokens: int | None = None

    @classmethod
    def of(
        cls, pipeline: TextPipeline, documents: Sequence[Document] | TextBuffer, *, max_tokens: int | None = None
    ) -> OpenDocuments:
        """The token ids of documents.

        Args:
            pipeline: turns documents into the ids of known words.
            documents: B texts or (title, text) pairs, or a buffer of texts.
            max_tokens: how many of them a network reads.

        Raises:
            DataError: an item is not a document.
        """
        vocabulary, unknown = OpenVocabulary(pipeline), list[str]()
        ids = vocabulary.open(pipeline.encode(documents, unknown), unknown)
        return cls(ids, vocabulary.known, vocabulary.words, max_tokens)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def closed(self) -> Ragged:
        """What a network reads: the ids with 1 for every unknown word, of the first tokens."""
        ids = self.ids if self.max_tokens is None else self.ids.cut_to(self.max_tokens)
        if not self.words:
            return ids
        return Ragged(np.where(ids.values >= self.known, np.int32(UNKNOWN_ID), ids.values), ids.offsets)

    def take(self, rows: npt.NDArray[np.int64]) -> OpenDocuments:
        """Some of the documents."""
        return replace(self, ids=self.ids.take(rows))


class OpenVocabulary:
    """Gives unknown words ids as it meets them.

    Args:
        pipeline: turns documents into the ids of known words.

    Attributes:
        known: V, the ids that its vocabulary has.
    """

    def __init__(self, pipeline: TextPipeline) -> None:
        self.known = len(pipeline.vocabulary) + SPECIAL_IDS
        # A single character has no letters that say more of it.
        self._closed = pipeline.settings.tokens in ("characters", "bytes")
        self._new: dict[str, int] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The unknown words that were met, in the order of their ids."""
        return tuple(self._new)

    def open(self, ids: Ragged, unknown: Sequence[str]) -> Ragged:
        """The ids of B documents with one for each unknown word.

        Args:
            ids: of B documents, from the pipeline.
            unknown: the word of each id 1 among them, in order, from the pipeline.
        """
        if not unknown or self._closed:
            return ids
        new, known = self._new, self.known
        if len(new) + len(unknown) <= MOST_WORDS:
            opened = [new.setdefault(word, known + len(new)) for word in unknown]
        else:
            opened = [
                new.setdefault(word, known + len(new)) if word in new or len(new) < MOST_WORDS else UNKNOWN_ID
                for word in unknown
            ]
        values = ids.values.copy()
        values[values == UNKNOWN_ID] = opened
        return Ragged(values, ids.offsets)
