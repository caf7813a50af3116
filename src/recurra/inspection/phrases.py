"""The words and pairs of words at which an event happens more often than elsewhere."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Label
from recurra.text.vocabulary import PAD_ID, SPECIAL_IDS, UNKNOWN_ID, Vocabulary

__all__ = ["Phrase", "Phrases"]

Places = npt.NDArray[np.int64]

# A phrase that was counted fewer times may be there by chance.
LEAST_COUNT = 3
# A pair is listed beside its last word if its rate is at least this multiple of the word's.
PAIR_FACTOR = 1.5
# Stands for the word before in a phrase of a single word.
ALONE = -1


@dataclass(frozen=True)
class Phrase:
    """A word, or two adjacent ones.

    Attributes:
        phrase: the phrase as the vocabulary writes it.
        count: number of events at this phrase.
        of: number of occurrences of the phrase.
        label: most frequent label of the documents with these events.
    """

    phrase: str
    count: int
    of: int
    label: Label

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Phrases:
    """Counts phrases among the tokens of B documents.

    Attributes:
        ids: int32[N], the tokens.
        offsets: int64[B + 1].
        targets: int64[B], classes.
        vocabulary: the words of the ids.
        classes: the labels, by class.
    """

    ids: npt.NDArray[np.int32]
    offsets: Places
    targets: Places
    vocabulary: Vocabulary
    classes: list[Label]

    def at(self, documents: Places, tokens: Places, *, backward: bool = False, top: int = 8) -> list[Phrase]:
        """The phrases that end, in the order of reading, at given tokens.

        Phrases are ranked by count · log(rate / rate of any token), where rate is count / of: they must be frequent at
        the tokens and rare elsewhere. A pair is a candidate if its rate is at least 1.5 times that of its last word.

        Args:
            documents: the document of each token.
            tokens: places among all tokens.
            backward: whether the text is read from its end.
            top: largest number of phrases.
        """
        if not len(tokens):
            return []
        base = len(tokens) / len(self.ids)
        words = self.ids.astype(np.int64)
        singles = _counted(words, tokens)
        rates = {word: count / of for word, count, of in singles}
        found = [(word, ALONE, count, of) for word, count, of in singles]
        pairs, inside = self._pairs(words, backward)
        for pair, count, of in _counted(np.where(inside, pairs, -1), tokens[inside[tokens]]):
            before, word = divmod(pair, self._rows)
            if count / of >= PAIR_FACTOR * rates[word]:
                found.append((word, before, count, of))
        ranked = sorted(
            (-count * math.log(count / of / base), word, before, count, of)
            for word, before, count, of in found
            if count >= LEAST_COUNT and count / of > base
        )
        return [
            Phrase(
                self._text(word, before, backward), count, of, self._label(documents, tokens, word, before, backward)
            )
            for _, word, before, count, of in ranked[:top]
        ]

    @property
    def _rows(self) -> int:
        """Number of different ids: those of the vocabulary and the special ones."""
        return len(self.vocabulary) + SPECIAL_IDS

    def _pairs(self, words: Places, backward: bool) -> tuple[Places, npt.NDArray[np.bool_]]:
        """A number for each token and the one read before it, and whether there is one."""
        before = np.roll(words, -1 if backward else 1)
        inside = np.ones(len(words), dtype=bool)
        some = self.offsets[1:] > self.offsets[:-1]
        inside[(self.offsets[1:] - 1 if backward else self.offsets[:-1])[some]] = False
        return before * self._rows + words, inside

    def _label(self, documents: Places, tokens: Places, word: int, before: int, backward: bool) -> Label:
        here = self.ids[tokens] == word
        if before != ALONE:
            earlier = np.roll(self.ids, -1 if backward else 1)
            here &= earlier[tokens] == before
        return self.classes[int(np.bincount(self.targets[documents[here]], minlength=len(self.classes)).argmax())]

    def _text(self, word: int, before: int, backward: bool) -> str:
        parts = [self.word(word)] if before == ALONE else [self.word(before), self.word(word)]
        return " ".join(reversed(parts) if backward else parts)

    def word(self, token: int) -> str:
        """The word of an id; pads and unknown words have none and stand in brackets."""
        names = {PAD_ID: "[pad]", UNKNOWN_ID: "[unknown]"}
        if token in names:
            return names[token]
        return self.vocabulary.tokens[token - SPECIAL_IDS]


def _counted(values: Places, at: Places) -> list[tuple[int, int, int]]:
    """The different values at some places: value, count at these places, count everywhere."""
    chosen, counts = np.unique(values[at], return_counts=True)
    everywhere, totals = np.unique(values, return_counts=True)
    return list(
        zip(chosen.tolist(), counts.tolist(), totals[np.searchsorted(everywhere, chosen)].tolist(), strict=True)
    )
