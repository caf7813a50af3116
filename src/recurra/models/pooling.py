"""Pooling: from a state at each token to one vector for each document."""

from __future__ import annotations

import torch
from torch import Tensor

from recurra.models.batch import BatchLike
from recurra.networks.settings import NetworkSettings

__all__ = ["attention_weights", "pool"]


def pool(states: Tensor, batch: BatchLike, settings: NetworkSettings, attention: dict[str, Tensor]) -> Tensor:
    """Pools states and concatenates the poolings in the order of ``settings.pooling``.

    Args:
        states: [N, D], packed, both directions concatenated.
        batch: of the states.
        settings: the network's shape.
        attention: ``W`` [D, D], ``b`` [D] and ``v`` [D] if attention is used.

    Returns:
        [B, P], documents by falling length; the row of an empty document is zero.
    """
    running = len(batch.last)
    if running == 0:
        return states.new_zeros(len(batch), settings.pooled_size)
    parts: list[Tensor] = []
    for name in settings.pooling:
        if name == "last":
            # Forward the state at the last word; backward that at the first, which is in the first rows. One gather
            # from the two directions' halves of a row: the gradient of each slice would be a pass over all states.
            places = [batch.last, torch.arange(running, device=states.device)][: settings.directions]
            halves = torch.stack([settings.directions * rows + side for side, rows in enumerate(places)], dim=1)
            parts.append(states.reshape(-1, settings.hidden).index_select(0, halves.flatten()).view(running, -1))
        elif name == "max":
            parts.append(batch.grid(states, -torch.inf).amax(dim=0))
        elif name == "mean":
            parts.append(batch.grid(states, 0.0).sum(dim=0) / batch.lengths[:running, None].clamp(min=1))
        else:
            weights = attention_weights(states, batch, attention)
            parts.append((weights * batch.grid(states, 0.0)).sum(dim=0))
    return batch.with_empty_documents(torch.cat(parts, dim=1))


def attention_weights(states: Tensor, batch: BatchLike, attention: dict[str, Tensor]) -> Tensor:
    """[T, A, 1]: softmax over a document's tokens of v · tanh(W s + b) (Yang et al. 2016, Hierarchical Attention)."""
    scores = torch.tanh(states @ attention["W"] + attention["b"]) @ attention["v"]
    # The lowest number rather than minus infinity: the softmax of minus infinities alone would be NaN.
    return torch.softmax(batch.grid(scores[:, None], torch.finfo(scores.dtype).min), dim=0)
