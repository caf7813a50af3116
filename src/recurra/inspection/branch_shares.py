"""What the linear branch adds to an answer, by words and by phrases: exact, since it is a sum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.linear_branch import LinearBranch, OpenDocuments
from recurra.text.vocabulary import PAD_ID, SPECIAL_IDS, UNKNOWN_ID

__all__ = ["BranchPhrase", "BranchShares", "branch_shares", "scores_without_words"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BranchPhrase:
    """An n-gram in a document.

    Attributes:
        text: its tokens; ``[start]`` and ``[end]`` are the document's beginning and end.
        count: how often it stands there.
        share: what it adds to a score, all its places together.
    """

    text: str
    count: int
    share: float


@dataclass(frozen=True, eq=False)
class BranchShares:
    """The parts of the branch's outputs for a document of T tokens.

    Attributes:
        logits: float64[L], the outputs, which ``words`` add up to.
        words: float64[T, L], each token's part. What an n-gram adds, its weight / √n, is divided equally among those of
            its tokens that the document has, so the boundaries get none; what a subword adds is its word's.
        subwords: float64[T, L], the part of ``words`` that comes from subwords.
        texts: of the P different n-grams.
        counts: int64[P], how often each stands in the document.
        ngrams: float64[P, L], what each adds, all its places together.
    """

    logits: Array
    words: Array
    subwords: Array
    texts: list[str]
    counts: npt.NDArray[np.int64]
    ngrams: Array

    def phrases(self, direction: Array, *, top: int) -> list[BranchPhrase]:
        """The n-grams that add most to a score or take most from it, the strongest first.

        Args:
            direction: float64[L], the score's gradient with respect to the outputs.
            top: largest number of n-grams.
        """
        shares = self.ngrams @ direction
        strongest = np.argsort(-np.abs(shares), kind="stable")[:top]
        return [
            BranchPhrase(self.texts[place], int(self.counts[place]), float(shares[place]))
            for place in strongest.tolist()
            if shares[place]
        ]


def branch_shares(branch: LinearBranch, documents: OpenDocuments, *, joint: str = " ") -> BranchShares:
    """Divides the branch's outputs for a document among its words and n-grams.

    Args:
        branch: the linear branch.
        documents: one document of T tokens.
        joint: what stands between the tokens of a phrase.
    """
    ids = documents.ids[0].tolist()
    words, subwords = (np.zeros((len(ids), branch.outputs)) for _ in range(2))
    places = list(_places(branch, documents.ids))
    rows = np.array([row for row, _, _ in places], dtype=np.int64)
    different, which = np.unique(rows, return_inverse=True)
    ngrams = np.zeros((len(different), branch.outputs))
    if places:
        weights = branch.W[rows].astype(np.float64) / math.sqrt(len(rows))
        np.add.at(ngrams, which, weights)
        for weight, (_, first, end) in zip(weights, places, strict=True):
            words[first:end] += weight / (end - first)
    if branch.subwords is not None:
        subwords = _subword_parts(branch, documents)
    return BranchShares(
        logits=words.sum(axis=0) + subwords.sum(axis=0),
        words=words + subwords,
        subwords=subwords,
        texts=[_text(branch, row, joint) for row in different.tolist()],
        counts=np.bincount(which, minlength=len(different)),
        ngrams=ngrams,
    )


def scores_without_words(branch: LinearBranch, documents: OpenDocuments, places: range, direction: Array) -> Array:
    """The branch's score of a document with one word unknown, float64[K]: without its n-grams and its subwords.

    Args:
        branch: the linear branch.
        documents: one document of T tokens.
        places: of the K words, each of which is unknown in turn.
        direction: float64[L], the score's gradient with respect to the outputs.
    """
    without = np.repeat(documents.ids[0][None], len(places), axis=0)
    without[np.arange(len(places)), places] = UNKNOWN_ID
    lines = Ragged(without.ravel(), np.arange(len(places) + 1, dtype=np.int64) * without.shape[1])
    return np.asarray(branch.logits(OpenDocuments(lines, documents.known, documents.words)) @ direction)


def _places(branch: LinearBranch, document: Ragged) -> Iterator[tuple[int, int, int]]:
    """The row of each n-gram of a document at each of its places, and its first token there and the one after its last.

    :meth:`Ngrams.find` gives rows in the order in which n-grams end, longer ones first, but not where they stand.
    """
    ids = document.values.tolist()
    bounded, rows = [PAD_ID, *ids, PAD_ID], branch.ngrams.find(document).values.tolist()
    at = 0
    for end in range(1, len(bounded) + 1):
        for size in range(min(branch.ngrams.longest, end), 0, -1):
            if at < len(rows) and branch.ngrams.tokens(rows[at]) == bounded[end - size : end]:
                # In the document, which lacks the boundaries.
                yield rows[at], max(end - size - 1, 0), min(end - 1, len(ids))
                at += 1


def _subword_parts(branch: LinearBranch, documents: OpenDocuments) -> Array:
    """What the subwords of each token add, float64[T, L]."""
    ids = documents.ids[0]
    spelled = np.flatnonzero(ids >= SPECIAL_IDS)
    every = [*branch.vocabulary.tokens, *documents.words]
    sums = np.zeros((len(ids), branch.outputs + 1))
    sums[spelled] = branch.word_sums(tuple(every[id_ - SPECIAL_IDS] for id_ in ids[spelled].tolist()))
    return np.asarray(sums[:, :-1] / math.sqrt(max(float(sums[:, -1].sum()), 1)))


def _text(branch: LinearBranch, row: int, joint: str) -> str:
    text, ids = "", branch.ngrams.tokens(row)
    for place, id_ in enumerate(ids):
        if place:
            text += " " if PAD_ID in ids[place - 1 : place + 1] else joint
        text += branch.vocabulary.tokens[id_ - SPECIAL_IDS] if id_ >= SPECIAL_IDS else "[end]" if place else "[start]"
    return text
