"""Documents whose labels come about by chance, in a way that gives the true probability of each label exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

__all__ = ["FIRST", "ORDER", "SECOND", "Process", "mixed_topics"]

Doubles = npt.NDArray[np.float64]
Indicator = npt.NDArray[np.bool_]

FIRST, SECOND = "delay", "refund"
ORDER = f"{SECOND} after {FIRST}"
MARKED = 0.7
"""How often a document has each of the two words."""


@dataclass(frozen=True, eq=False)
class Process:
    """How documents and their labels come about.

    A document has each topic with that topic's share. Each of its words is drawn from the background and the topics it
    has, the background counting ``weight`` and each topic 1. Two more words, ``FIRST`` and ``SECOND``, stand each in
    seven documents of ten, anywhere. The label ``ORDER`` is had where both stand in this order, but turned into its
    opposite in the share ``flips`` of all documents.

    Attributes:
        background: float[V], how probable each word is; all above 0.
        topics: float[K, V], the same of each topic.
        shares: float[K], of the documents that have the topic.
        weight: of the background.
        shortest: words of a document at least, the two more not counted.
        longest: at most.
        flips: share of documents whose last label is turned.
    """

    background: Doubles
    topics: Doubles
    shares: Doubles
    weight: float
    shortest: int
    longest: int
    flips: float

    @property
    def labels(self) -> tuple[str, ...]:
        """K + 1 labels: the topics, and that of the order."""
        return (*(f"topic {place + 1}" for place in range(len(self.shares))), ORDER)

    def draw(self, rows: int, generator: np.random.Generator) -> tuple[list[str], Indicator]:
        """So many documents, and which labels each has, bool[rows, K + 1]."""
        had: Indicator = generator.random((rows, len(self.shares))) < self.shares
        sources = np.concatenate([np.full((rows, 1), self.weight), had], axis=1)
        until = np.cumsum(sources / sources.sum(axis=1, keepdims=True), axis=1)[:, None, :-1]
        source = (generator.random((rows, self.longest, 1)) >= until).sum(axis=2)
        words = np.empty((rows, self.longest), dtype=np.int64)
        for place, shares in enumerate([self.background, *self.topics]):
            mine = source == place
            words[mine] = generator.choice(len(shares), int(mine.sum()), p=shares)
        lengths = generator.integers(self.shortest, self.longest + 1, rows)
        texts = []
        for row, length in zip(words.tolist(), lengths.tolist(), strict=True):
            text = [f"w{word}" for word in row[:length]]
            for mark in (FIRST, SECOND):
                if generator.random() < MARKED:
                    text.insert(int(generator.integers(len(text) + 1)), mark)
            texts.append(" ".join(text))
        turned = generator.random(rows) < self.flips
        return texts, np.column_stack([had, _in_order(texts) != turned])

    def probabilities(self, texts: Sequence[str], *, ordered: bool = True) -> Doubles:
        """P(label | text), exactly, float64[B, K + 1].

        Args:
            texts: B of them.
            ordered: whether the order of the words may be known; otherwise P(label | the words and how often).
        """
        sets, joint = self._sets(texts)
        both = np.array([FIRST in words and SECOND in words for words in map(str.split, texts)])
        straight = np.where(_in_order(texts), 1 - self.flips, self.flips)
        # FIRST and SECOND stand in either order equally often.
        last = straight if ordered else np.where(both, 0.5, self.flips)
        # Rounding may make a sum a little more than 1.
        return np.column_stack([np.minimum(joint @ sets, 1), last])

    def most_probable(self, texts: Sequence[str], *, ordered: bool = True) -> Indicator:
        """The most probable set of labels of each text, bool[B, K + 1]: none is right for more texts, on average."""
        sets, joint = self._sets(texts)
        last = self.probabilities(texts, ordered=ordered)[:, -1] > 0.5
        return np.column_stack([sets[joint.argmax(axis=1)] > 0, last])

    def _sets(self, texts: Sequence[str]) -> tuple[Doubles, Doubles]:
        """Every set of topics, float64[2^K, K], and P(set | text), float64[B, 2^K], by Bayes' rule."""
        sets = np.array(list(product((0.0, 1.0), repeat=len(self.shares))))
        mixed = self.weight * self.background + sets @ self.topics
        log_word = np.log(mixed / (self.weight + sets.sum(axis=1, keepdims=True)))
        counts = np.zeros((len(texts), len(self.background)))
        for row, text in enumerate(texts):
            np.add.at(counts[row], [int(word[1:]) for word in text.split() if word not in (FIRST, SECOND)], 1)
        prior = np.where(sets > 0, self.shares, 1 - self.shares).prod(axis=1)
        scores = counts @ log_word.T + np.log(prior)
        joint = np.exp(scores - scores.max(axis=1, keepdims=True))
        return sets, joint / joint.sum(axis=1, keepdims=True)


def _in_order(texts: Sequence[str]) -> Indicator:
    """Whether both marks stand in the text, the first before the second, bool[B]."""
    found = []
    for words in map(str.split, texts):
        found.append(FIRST in words and SECOND in words and words.index(FIRST) < words.index(SECOND))
    return np.array(found)


def mixed_topics() -> Process:
    """Six topics of 120 words each, in 40 % of the documents down to 6 %; every topic's word is used without it, too.

    How often words are used falls as 1 / rank, in the background and in each topic.
    """
    generator = np.random.default_rng(0)
    words, own, shares = 600, 120, np.array([0.4, 0.3, 0.25, 0.2, 0.12, 0.06])
    topics = np.zeros((len(shares), words))
    for topic in topics:
        topic[generator.choice(words, own, replace=False)] = _zipf(own)
    return Process(_zipf(words), topics, shares, weight=1.0, shortest=12, longest=30, flips=0.05)


def _zipf(words: int) -> Doubles:
    shares = 1 / np.arange(1, words + 1)
    return shares / shares.sum()
