"""Pooling of a packed batch on the CPU kernels, with its gradient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.batches import Packed
from recurra.kernels.compiled import kernels_of
from recurra.networks.settings import NetworkSettings
from recurra.recurrence.engines.arena import Arena

__all__ = ["PackedPooling"]


Array = npt.NDArray[np.float32]


class PackedPooling:
    """The poolings ``last``, ``max`` and ``mean`` side by side, in the order of the network's settings.

    Args:
        settings: the network's shape.
        batch: the packed batch of the states.
        states: float32[N, D], both directions concatenated.
        arena: allocates their gradient.

    Attributes:
        values: [B, P], documents sorted by falling length; an empty document's row is zero.
    """

    def __init__(self, settings: NetworkSettings, batch: Packed, states: Array, arena: Arena) -> None:
        self._settings, self._shape, self._arena = settings, states.shape, arena
        non_empty = int(batch.starts[1]) if len(batch.starts) > 1 else 0
        self._non_empty, self._where = non_empty, (batch.starts, batch.lengths, non_empty)
        self._rows = np.empty((non_empty if "max" in settings.pooling else 0, settings.state_size), dtype=np.int64)
        pooled = np.zeros((len(batch.lengths), settings.pooled_size), dtype=np.float32)
        kernels, array = kernels_of("training.pooling"), np.ascontiguousarray(states)
        for place, name in enumerate(settings.pooling):
            column = place * settings.state_size
            if name == "last":
                kernels.last(*self._where, settings.hidden, array, pooled, column)
            elif name == "max":
                kernels.maximum(*self._where, array, pooled, column, self._rows)
            else:
                kernels.mean(*self._where, array, pooled, column)
        self.values = pooled

    def backward(self, gradients: list[Array]) -> list[Array]:
        """The gradient of the states, [N, D], from that of the values, [B, P]; each in a list of one array."""
        (d_pooled,) = gradients
        d_states, _ = self._arena.array(*self._shape)
        d_states[...] = 0
        kernels = kernels_of("training.pooling")
        for place, name in enumerate(self._settings.pooling):
            column = place * self._settings.state_size
            if name == "last":
                kernels.last_backward(*self._where, self._settings.hidden, d_states, d_pooled, column)
            elif name == "max":
                kernels.maximum_backward(self._non_empty, d_states, d_pooled, column, self._rows)
            else:
                kernels.mean_backward(*self._where, d_states, d_pooled, column)
        return [d_states]
