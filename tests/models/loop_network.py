"""A whole network, one document at a time in NumPy's float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from recurrence.loops import Array, read_document

from recurra.networks.settings import NetworkSettings


def states_of(settings: NetworkSettings, weights: Mapping[str, Array], ids: Sequence[int]) -> Array:
    """[T, D]: the top layer's states of one document."""
    size = len(weights["layers.0.forward.W_I"]) if settings.input == "one_hot" else 0
    rows = np.eye(size)[list(ids)] if size else weights["embedding"][list(ids)]
    zero = np.zeros(settings.hidden)
    for layer in range(settings.layers):
        directions = ("forward", "backward") if settings.bidirectional else ("forward",)
        read = []
        for direction in directions:
            prefix = f"layers.{layer}.{direction}."
            own = {name.removeprefix(prefix): part for name, part in weights.items() if name.startswith(prefix)}
            read.append(read_document(settings.cell, rows, own, zero, zero, backwards=direction == "backward"))
        rows = np.concatenate([one.hidden for one in read], axis=1)
    return rows


def pooled(settings: NetworkSettings, weights: Mapping[str, Array], states: Array) -> Array:
    """[P]: the poolings of one document's states; zero if it has none."""
    size, hidden = settings.state_size, settings.hidden
    if not len(states):
        return np.zeros(size * len(settings.pooling))
    parts: list[Array] = []
    for name in settings.pooling:
        if name == "last":
            parts += [states[-1, :hidden], states[0, hidden:]]
        elif name == "max":
            parts.append(np.array([max(states[:, unit]) for unit in range(size)]))
        elif name == "mean":
            parts.append(np.array([sum(states[:, unit]) / len(states) for unit in range(size)]))
        else:
            scores = [
                np.tanh(s @ weights["attention.W"] + weights["attention.b"]) @ weights["attention.v"] for s in states
            ]
            powers = [np.exp(score) for score in scores]
            parts.append(sum((p / sum(powers) * s for p, s in zip(powers, states, strict=True)), np.zeros(size)))
    return np.concatenate(parts)


def logits_of(
    settings: NetworkSettings, weights: Mapping[str, npt.NDArray[np.floating]], documents: Sequence[Sequence[int]]
) -> Array:
    """[B, C], every document by itself."""
    exact = {name: np.asarray(part, dtype=np.float64) for name, part in weights.items()}
    vectors = [pooled(settings, exact, states_of(settings, exact, ids)) for ids in documents]
    return np.array([vector @ exact["W_O"] + exact["b_O"] for vector in vectors])
