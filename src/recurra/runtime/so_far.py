"""Poolings of the states that have been read so far, after every token."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["pooled_so_far"]

Array = npt.NDArray[np.float32]


def pooled_so_far(name: str, states: Array, keys: Array, v: Array | None) -> Array:
    """Row t pools the states up to token t: [T, D].

    Args:
        name: in :data:`recurra.networks.settings.POOLINGS`.
        states: [T, D] of one document.
        keys: [T, D], s W + b of each state where ``name`` is ``attention``.
        v: [D], likewise.
    """
    if name == "last":
        return states
    if name == "max":
        return np.maximum.accumulate(states)
    if name == "mean":
        total = np.cumsum(states, axis=0, dtype=np.float64)
        return (total / np.arange(1, len(states) + 1)[:, None]).astype(np.float32)
    scores = np.tanh(keys[:, : states.shape[1]].astype(np.float64)) @ np.asarray(v, dtype=np.float64)
    totals = np.logaddexp.accumulate(scores)
    pooled, now = np.empty_like(states), np.zeros(states.shape[1])
    for t, (score, total) in enumerate(zip(scores, totals, strict=True)):
        # What the tokens before weigh shrinks as the sum of all weights grows.
        share = np.exp(score - total)
        now = (1 - share) * now + share * states[t]
        pooled[t] = now
    return pooled
