"""Rows of before, mixed into new ones so that a network which goes on learning does not forget them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recurra.data.corpus import ConcatRows, Corpus, RowSubset

__all__ = ["with_replay"]


def with_replay(rows: Corpus, old: Corpus, *, seed: int, say: Callable[[str], None] = lambda line: None) -> ConcatRows:
    """The rows with as many old ones behind them, or all old ones if they are fewer.

    Args:
        rows: the new ones.
        old: what the model learned from before; those that are taken keep their order.
        seed: which draws them.
        say: hears how many are taken.
    """
    taken = np.zeros(len(old), dtype=bool)
    taken[np.random.default_rng(seed).permutation(len(old))[: len(rows)]] = True
    say(f"{taken.sum():,} of {len(old):,} rows of {old.source} are mixed in.")
    return ConcatRows(rows, RowSubset(old, taken))
