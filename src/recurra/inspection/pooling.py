"""The poolings with their gradients, for K documents of the same length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recurra.networks.settings import NetworkSettings

__all__ = ["pool", "pool_gradient"]

Array = npt.NDArray[np.float64]


def pool(settings: NetworkSettings, weights: Mapping[str, Array], states: Array) -> Array:
    """[K, P], the poolings of the top layer's states in their order; of no states, zeros.

    Args:
        settings: the network's shape.
        weights: its weights.
        states: [T, K, D], both directions joined.
    """
    if not len(states):
        return np.zeros((states.shape[1], settings.pooled_size))
    H, parts = settings.hidden, []
    for name in settings.pooling:
        if name == "last":
            parts.append(np.concatenate([states[-1, :, :H], states[0, :, H:]], axis=1))
        elif name == "max":
            parts.append(states.max(axis=0))
        elif name == "mean":
            parts.append(states.mean(axis=0))
        else:
            shares, _ = _attention(weights, states)
            parts.append((shares[:, :, None] * states).sum(axis=0))
    return np.concatenate(parts, axis=1)


def pool_gradient(settings: NetworkSettings, weights: Mapping[str, Array], states: Array, d_pooled: Array) -> Array:
    """The gradient by the states, [T, K, D], from that by the pooled vector, [K, P]. Arguments: see :func:`pool`."""
    H, D = settings.hidden, settings.state_size
    d_states = np.zeros_like(states)
    if not len(states):
        return d_states
    for place, name in enumerate(settings.pooling):
        d = d_pooled[:, place * D : (place + 1) * D]
        if name == "last":
            d_states[-1, :, :H] += d[:, :H]
            d_states[0, :, H:] += d[:, H:]
        elif name == "max":
            # Of equal states the first takes all, as good a subgradient as any.
            first = states.argmax(axis=0)[None]
            np.put_along_axis(d_states, first, np.take_along_axis(d_states, first, axis=0) + d, axis=0)
        elif name == "mean":
            d_states += d / len(states)
        else:
            shares, keys = _attention(weights, states)
            d_shares = (states * d).sum(axis=2)
            d_scores = shares * (d_shares - (shares * d_shares).sum(axis=0))
            d_keys = d_scores[:, :, None] * weights["attention.v"] * (1 - keys * keys)
            d_states += shares[:, :, None] * d + d_keys @ weights["attention.W"].T
    return d_states


def _attention(weights: Mapping[str, Array], states: Array) -> tuple[Array, Array]:
    """The share of each token, [T, K], and tanh(W s + b), [T, K, D]."""
    keys = np.tanh(states @ weights["attention.W"] + weights["attention.b"])
    scores = keys @ weights["attention.v"]
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0), keys
