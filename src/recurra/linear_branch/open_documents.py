"""Documents whose unknown words are known by their letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.data.documents import Document
from recurra.text import TextPipeline
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
    """

    ids: Ragged
    known: int
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, pipeline: TextPipeline, documents: Sequence[Document]) -> OpenDocuments:
        """The token ids of documents.

        Args:
            pipeline: turns documents into the ids of known words.
            documents: B texts or (title, text) pairs.

        Raises:
            DataError: an item is not a document.
        """
        vocabulary = OpenVocabulary(pipeline)
        return cls(vocabulary.open(documents, pipeline.encode(documents)), vocabulary.known, vocabulary.words)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def closed(self) -> Ragged:
        """The ids with 1 for every unknown word."""
        if not self.words:
            return self.ids
        return Ragged(np.where(self.ids.values >= self.known, np.int32(UNKNOWN_ID), self.ids.values), self.ids.offsets)

    def with_known(self, words: tuple[str, ...]) -> OpenDocuments:
        """The documents for a vocabulary without its last words, which become unknown ones.

        Args:
            words: those last words, in their order.
        """
        return replace(self, known=self.known - len(words), words=(*words, *self.words))

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
        self._pipeline = pipeline
        self.known = len(pipeline.vocabulary) + SPECIAL_IDS
        self._new: dict[str, int] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The unknown words that were met, in the order of their ids."""
        return tuple(self._new)

    def open(self, documents: Sequence[Document], ids: Ragged) -> Ragged:
        """The ids of B documents with one for each unknown word.

        Args:
            documents: the B documents.
            ids: theirs, from the pipeline.
        """
        unknown = np.flatnonzero(ids.values == UNKNOWN_ID)
        if not len(unknown) or self._pipeline.settings.tokens in ("characters", "bytes"):
            # A single character has no letters that say more of it.
            return ids
        values, new = ids.values.copy(), self._new
        owners = np.searchsorted(ids.offsets, unknown, side="right") - 1
        starts = ids.offsets[owners]
        last, tokens = -1, list[str]()
        for place, owner, start in zip(unknown.tolist(), owners.tolist(), starts.tolist(), strict=True):
            if owner != last:
                last, tokens = owner, self._pipeline.tokens(documents[owner])
            word = tokens[place - start]
            if word in new or len(new) < MOST_WORDS:
                values[place] = new.setdefault(word, self.known + len(new))
        return Ragged(values, ids.offsets)
