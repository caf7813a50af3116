"""Replay: mixes old training rows into new ones, so that a warm-started network does not forget them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recurra.data.corpus import ConcatRows, Corpus, RowSubset
from recurra.errors import DataError

__all__ = ["with_replay"]


def with_replay(rows: Corpus, old: Corpus, *, seed: int, say: Callable[[str], None] = lambda line: None) -> ConcatRows:
    """The new rows followed by as many old ones, or all old ones if there are fewer.

    The result is a corpus, which :func:`recurra.training.fit.fit` learns from. For ``TextClassifier`` join data frames:
    ``pandas.concat([new, old.sample(min(len(new), len(old)), random_state=0)])``.

    Args:
        rows: the new training rows.
        old: the earlier training rows; the sample keeps their order.
        seed: seed of the sample.
        say: called with a message on the size of the sample.

    Raises:
        DataError: one of them is no corpus.
    """
    for given in (rows, old):
        if not callable(getattr(type(given), "blocks", None)):
            raise DataError(
                f"with_replay was given {' '.join(repr(given).split()):.60} ({type(given).__name__})",
                "Give rows: recurra.data.corpus.InMemoryRows(texts, labels), or read_table(file).corpus.",
            )
    taken = np.zeros(len(old), dtype=bool)
    taken[np.random.default_rng(seed).permutation(len(old))[: len(rows)]] = True
    say(f"{taken.sum():,} of {len(old):,} rows of {old.source} are mixed in.")
    return ConcatRows(rows, RowSubset(old, taken))
