"""Pooling in NumPy: of whole documents, with its gradient, and cumulative pooling of every prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.networks.settings import NetworkSettings
from recurra.runtime.forward import single_thread_matmul

__all__ = ["cumulative_pool", "pool", "pool_gradient"]

# Float32 or float64: results have the precision of the arguments.
Array = npt.NDArray[Any]
Places = npt.NDArray[np.int64]


class _Spans(NamedTuple):
    """The documents that have tokens: ``reduceat`` would give an empty one a row of the next.

    Attributes:
        documents: int64[S], their places among all documents.
        begins: int64[S], their first rows.
        lengths: int64[S], their lengths.
    """

    documents: Places
    begins: Places
    lengths: Places


def _spans(offsets: Places) -> _Spans:
    lengths = offsets[1:] - offsets[:-1]
    some = np.flatnonzero(lengths)
    return _Spans(some, offsets[:-1][some], lengths[some])


@np.errstate(over="ignore", invalid="ignore")
def pool(settings: NetworkSettings, weights: Mapping[str, Array], states: Array, offsets: Places) -> Array:
    """The input of the output layer, [B, P]: the poolings in their order; zero for an empty document.

    Args:
        settings: the network's shape.
        weights: its weights, by the names of :func:`recurra.networks.shapes.weight_shapes`.
        states: [N, D], the top layer's, both directions side by side.
        offsets: int64[B + 1], where each document's tokens begin.
    """
    spans = _spans(offsets)
    pooled = np.zeros((len(offsets) - 1, settings.pooled_size), dtype=states.dtype)
    if not len(spans.documents):
        return pooled
    H, D = settings.hidden, settings.state_size
    for place, name in enumerate(settings.pooling):
        if name == "last":
            ends = states[spans.begins + spans.lengths - 1, :H]
            part = np.concatenate([ends, states[spans.begins, H:]], axis=1)
        elif name == "max":
            part = np.maximum.reduceat(states, spans.begins, axis=0)
        elif name == "mean":
            part = np.add.reduceat(states, spans.begins, axis=0) / spans.lengths[:, None]
        else:
            shares, _ = _attention(weights, states, spans)
            part = np.add.reduceat(shares[:, None] * states, spans.begins, axis=0)
        pooled[spans.documents, place * D : (place + 1) * D] = part
    return pooled


def pool_gradient(
    settings: NetworkSettings, weights: Mapping[str, Array], states: Array, offsets: Places, d_pooled: Array
) -> Array:
    """The gradient with respect to the states, [N, D], from that of the pooled vectors, [B, P]. See :func:`pool`."""
    spans = _spans(offsets)
    d_states = np.zeros_like(states)
    if not len(spans.documents):
        return d_states
    H, D, d_pooled = settings.hidden, settings.state_size, d_pooled[spans.documents]
    for place, name in enumerate(settings.pooling):
        d = d_pooled[:, place * D : (place + 1) * D]
        if name == "last":
            d_states[spans.begins + spans.lengths - 1, :H] += d[:, :H]
            d_states[spans.begins, H:] += d[:, H:]
        elif name == "max":
            # Of equal maxima the first one gets the gradient: a valid subgradient.
            highest = np.repeat(np.maximum.reduceat(states, spans.begins, axis=0), spans.lengths, axis=0)
            rows = np.where(states == highest, np.arange(len(states))[:, None], len(states) - 1)
            d_states[np.minimum.reduceat(rows, spans.begins, axis=0), np.arange(D)] += d
        elif name == "mean":
            d_states += np.repeat(d / spans.lengths[:, None], spans.lengths, axis=0)
        else:
            shares, keys = _attention(weights, states, spans)
            d = np.repeat(d, spans.lengths, axis=0)
            d_shares = (states * d).sum(axis=1)
            spread = np.repeat(np.add.reduceat(shares * d_shares, spans.begins), spans.lengths)
            d_keys = (shares * (d_shares - spread))[:, None] * weights["attention.v"] * (1 - keys * keys)
            d_states += shares[:, None] * d + single_thread_matmul(d_keys, weights["attention.W"].T)
    return d_states


@np.errstate(over="ignore", invalid="ignore")
def cumulative_pool(name: str, states: Array, keys: Array, v: Array | None) -> Array:
    """Cumulative pooling: row t pools the states up to token t, [T, D].

    Args:
        name: one of :data:`recurra.networks.settings.POOLINGS`.
        states: [T, D], the states of one document.
        keys: [T, D], s W + b of each state, for ``attention``.
        v: [D], the weights of the scores, for ``attention``.
    """
    if name == "last":
        return states
    if name == "max":
        return np.asarray(np.maximum.accumulate(states))
    if name == "mean":
        total = np.cumsum(states, axis=0, dtype=np.float64)
        return (total / np.arange(1, len(states) + 1)[:, None]).astype(states.dtype)
    scores = np.tanh(keys[:, : states.shape[1]].astype(np.float64)) @ np.asarray(v, dtype=np.float64)
    totals = np.logaddexp.accumulate(scores)
    pooled, now = np.empty_like(states), np.zeros(states.shape[1])
    for t, (score, total) in enumerate(zip(scores, totals, strict=True)):
        # The share of the tokens before shrinks as the sum of all weights grows.
        share = np.exp(score - total)
        now = (1 - share) * now + share * states[t]
        pooled[t] = now
    return pooled


def _attention(weights: Mapping[str, Array], states: Array, spans: _Spans) -> tuple[Array, Array]:
    """The share of each token in its document, [N], and tanh(W s + b), [N, D]."""
    keys = np.tanh(single_thread_matmul(states, weights["attention.W"]) + weights["attention.b"])
    scores = np.einsum("nd,d->n", keys, weights["attention.v"])
    highest = np.maximum.reduceat(scores, spans.begins)
    powers = np.exp(scores - np.repeat(highest, spans.lengths))
    return powers / np.repeat(np.add.reduceat(powers, spans.begins), spans.lengths), keys
