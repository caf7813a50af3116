"""Which n-grams and subwords of a learned branch are kept where a model file has room for few."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from recurra.linear_branch.branch import LinearBranch
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.subwords import Subwords
from recurra.text.vocabulary import Vocabulary

__all__ = ["select"]

Flags = npt.NDArray[np.bool_]


def select(
    branch: LinearBranch, room: int, *, ngram_bytes: int, subword_bytes: int, initial: LinearBranch | None = None
) -> tuple[Ngrams, Subwords | None]:
    """The n-grams of two and more tokens, and the subwords, with the largest weights that fit into a model file.

    Half of the room is for n-grams, half for subwords, of which a document has many more with smaller weights: neither
    does as well without the other (benchmarks/own_files/LOG.md). N-grams that others begin with are kept with them.

    Args:
        branch: learned with all that were counted.
        room: bytes for them and their weights.
        ngram_bytes: of an n-gram with its weights.
        subword_bytes: of a subword with its weights, its UTF-8 apart.
        initial: the branch that learning went on from; its n-grams and subwords, the first ones here, are kept in any
            case.
    """
    ngrams, subwords = branch.ngrams, branch.subwords
    old = (0, 0) if initial is None else (len(initial.ngrams.table), len(initial.subwords or ()))
    share = room if subwords is None else room // 2
    sizes = [ngram_bytes] * len(ngrams.table)
    beginnings = (ngrams.table[:, 0] - ngrams.known).tolist()
    kept, used = _largest(branch.W[ngrams.known :], sizes, share, beginnings=beginnings, old=old[0])
    chosen = _ngrams(ngrams, kept)
    if subwords is None:
        return chosen, None
    texts = subwords.vocabulary.tokens
    sizes = [subword_bytes + len(text.encode()) for text in texts]
    kept, _ = _largest(branch.U, sizes, room - used, beginnings=[-1] * len(texts), old=old[1])
    return chosen, Subwords(Vocabulary(tuple(compress(texts, kept.tolist()))), subwords.longest)


def _largest(
    weights: npt.NDArray[np.float32], sizes: Sequence[int], room: int, *, beginnings: Sequence[int], old: int
) -> tuple[Flags, int]:
    """Which rows are kept, bool[rows], and the bytes that they take; a row that another begins with is kept with it."""
    kept, used = np.arange(len(sizes)) < old, sum(sizes[:old])
    for place in np.argsort(-np.abs(weights).max(axis=1, initial=0), kind="stable").tolist():
        new, row = list[int](), place
        while row >= 0 and not kept[row]:
            new.append(row)
            row = beginnings[row]
        size = sum(sizes[one] for one in new)
        if used + size <= room:
            kept[new] = True
            used += size
    return kept, used


def _ngrams(ngrams: Ngrams, kept: Flags) -> Ngrams:
    """Some of the n-grams, the beginning of each among them, in their order."""
    rows = np.concatenate([np.arange(ngrams.known), ngrams.known + np.cumsum(kept) - 1])
    table = ngrams.table[kept]
    table[:, 0] = rows[table[:, 0]]
    return Ngrams(ngrams.known, table, ngrams.longest)
