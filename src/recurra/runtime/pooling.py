"""From a state at each word to one vector a document, on packed rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from recurra.batches import Packed

__all__ = ["attention_weights", "pool"]

Array = npt.NDArray[np.float32]


def pool(pooling: tuple[str, ...], final: Array, states: Array, packed: Packed, tensors: Mapping[str, Array]) -> Array:
    """Joins the poolings in their order.

    Args:
        pooling: names of :data:`recurra.models.settings.POOLINGS`.
        final: [B, D], the final states of the directions side by side: forward at the last word, backward at the first.
        states: [N, D], packed; not read where ``last`` is the only pooling.
        packed: where the rows belong.
        tensors: the model's weights, for ``attention``.

    Returns:
        [B, D · poolings], documents by falling length; a document without words has a row of zeros.
    """
    parts: list[Array] = []
    for name in pooling:
        if name == "last":
            parts.append(final)
        elif name == "max":
            parts.append(_max(states, packed))
        elif name == "mean":
            parts.append(_sum(states, packed) / np.maximum(packed.lengths, 1).astype(np.float32)[:, None])
        else:
            parts.append(_sum(states * attention_weights(states, packed, tensors), packed))
    return np.concatenate(parts, axis=1)


def attention_weights(states: Array, packed: Packed, tensors: Mapping[str, Array]) -> Array:
    """[N, 1]: softmax over a document's words of tanh(h W + b)·v (Yang et al. 2016, Hierarchical Attention)."""
    hidden = np.tanh(states @ tensors["attention.W"] + tensors["attention.b"])
    scores: Array = (hidden @ tensors["attention.v"])[:, None]
    documents = packed.documents
    powers: Array = np.exp(scores - _max(scores, packed)[documents])
    return powers / _sum(powers, packed)[documents]


def _max(rows: Array, packed: Packed) -> Array:
    largest = np.zeros((len(packed.lengths), rows.shape[1]), dtype=np.float32)
    for place, (a, b) in enumerate(_steps(packed)):
        # The first word's row starts the maximum: a zero would hide that all states are negative.
        largest[: b - a] = np.maximum(largest[: b - a], rows[a:b]) if place else rows[a:b]
    return largest


def _sum(rows: Array, packed: Packed) -> Array:
    total = np.zeros((len(packed.lengths), rows.shape[1]), dtype=np.float32)
    for a, b in _steps(packed):
        total[: b - a] += rows[a:b]
    return total


def _steps(packed: Packed) -> Iterator[tuple[int, int]]:
    starts = packed.starts.tolist()
    return pairwise(starts)
