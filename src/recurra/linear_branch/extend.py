"""N-grams and subwords of a branch that learning goes on from, with new ones behind them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.linear_branch.branch import LinearBranch
from recurra.linear_branch.ngrams import Ngrams
from recurra.linear_branch.subwords import Subwords
from recurra.text.vocabulary import Vocabulary

__all__ = ["extend_ngrams", "extend_subwords", "extend_weights"]

Array = npt.NDArray[np.float32]


def extend_ngrams(old: Ngrams, counted: Ngrams, most: int) -> Ngrams:
    """The old n-grams, then those of the new rows that are not among them.

    Args:
        old: their vocabulary is the beginning of the new one, so rows of n-grams move on by its growth.
        counted: of the new rows, the most frequent first.
        most: n-grams of two and more tokens; the old ones stay even if they are more.
    """
    grown = counted.known - old.known
    table = [(row if row < old.known else row + grown, token) for row, token in old.table.tolist()]
    rows = {ngram: counted.known + place for place, ngram in enumerate(table)}
    # The row here of each counted n-gram; one that does not fit has none, nor has one that begins with it.
    places = dict[int, int]()
    for place, (begin, token) in enumerate(counted.table.tolist(), start=counted.known):
        row = begin if begin < counted.known else places.get(begin)
        if row is None:
            continue
        if (row, token) not in rows:
            if len(table) >= most:
                continue
            rows[row, token] = counted.known + len(table)
            table.append((row, token))
        places[place] = rows[row, token]
    return Ngrams(counted.known, np.array(table, dtype=np.int32).reshape(-1, 2), counted.longest)


def extend_subwords(old: Subwords, counted: Subwords, most: int) -> Subwords:
    """The old subwords, then those of the new rows that are not among them; see :func:`extend_ngrams`."""
    new = [text for text in counted.vocabulary.tokens if text not in old.vocabulary.ids]
    room = max(0, most - len(old))
    return Subwords(Vocabulary((*old.vocabulary.tokens, *new[:room])), counted.longest)


def extend_weights(old: LinearBranch, ngrams: Ngrams, subwords: Subwords | None) -> tuple[Array, Array]:
    """W and U of extended n-grams and subwords: the old weights, and zeros for what is new."""
    known, outputs = old.ngrams.known, old.outputs
    W = np.zeros((len(ngrams), outputs), dtype=np.float32)
    W[:known] = old.W[:known]
    W[ngrams.known : ngrams.known + len(old.ngrams.table)] = old.W[known:]
    U = np.zeros((len(subwords) if subwords else 0, outputs), dtype=np.float32)
    U[: len(old.U)] = old.U
    return W, U
