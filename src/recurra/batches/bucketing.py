"""Which documents are trained together: shuffled batches, or batches of like length (bucketing)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["cut_batches"]

# Batches whose documents are sorted together when bucketing: long enough to make lengths alike inside a batch,
# short enough that batches differ from epoch to epoch.
POOL = 100


def cut_batches(
    lengths: npt.NDArray[np.int64],
    *,
    batch_size: int,
    batch_tokens: int | None = None,
    bucketing: bool = False,
    generator: np.random.Generator | None = None,
) -> list[npt.NDArray[np.int64]]:
    """Cuts documents into batches; every document is in exactly one.

    Args:
        lengths: int64[B], tokens of each document.
        batch_size: documents in a batch, at most.
        batch_tokens: tokens in a batch counted with padding (documents × the longest of them), at most;
            a single longer document is a batch of its own.
        bucketing: sort pools of 100 batches by length, so that a batch holds documents of like length.
        generator: shuffles documents (and bucketed batches); ``None`` keeps the file's order.

    Returns:
        Index arrays, int64.
    """
    count = len(lengths)
    order = np.arange(count) if generator is None else generator.permutation(count)
    if bucketing:
        pool = batch_size * POOL
        order = np.concatenate(
            [
                order[i : i + pool][np.argsort(lengths[order[i : i + pool]], kind="stable")]
                for i in range(0, count, pool)
            ]
            or [order]
        )
    batches = _by_tokens(order, lengths, batch_size, batch_tokens) if batch_tokens else _by_count(order, batch_size)
    if bucketing and generator is not None:
        batches = [batches[i] for i in generator.permutation(len(batches))]
    return batches


def _by_count(order: npt.NDArray[np.int64], batch_size: int) -> list[npt.NDArray[np.int64]]:
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def _by_tokens(
    order: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], batch_size: int, batch_tokens: int
) -> list[npt.NDArray[np.int64]]:
    batches, first, longest = [], 0, 0
    for place, length in enumerate(lengths[order].tolist()):
        longest = max(longest, length)
        size = place + 1 - first
        if place > first and (size > batch_size or size * longest > batch_tokens):
            batches.append(order[first:place])
            first, longest = place, length
    if len(order):
        batches.append(order[first:])
    return batches
