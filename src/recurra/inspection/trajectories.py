"""The states of a network at every token of many documents, layer by layer, in NumPy.

For one document with its gates, in float64, see :mod:`recurra.runtime.trace`; here are thousands of any length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.finite import checked_finite
from recurra.runtime.forward import read_documents

__all__ = ["Trajectory", "final_states", "network_ids", "trajectories", "word_mask"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The states of one direction of one layer.

    Attributes:
        layer: its number, from 0.
        direction: ``forward`` or ``backward``.
        offsets: int64[B + 1], where each document's tokens begin, pads included that the network reads.
        hidden: float32[N, H], h after each token; backward, after this token and all that follow it.
        cell: float32[N, H], the cell state c of an LSTM; ``None`` for cells without one.
    """

    layer: int
    direction: str
    offsets: Places
    hidden: Array
    cell: Array | None

    @property
    def carried(self) -> Array:
        """The memory of the cell, float32[N, H]: c if there is one, h otherwise."""
        return self.hidden if self.cell is None else self.cell

    @property
    def last(self) -> Places:
        """int64[B], the token of each document that is read last; -1 for an empty one."""
        ends = self.offsets[:-1] if self.direction == "backward" else self.offsets[1:] - 1
        return np.where(self.offsets[1:] > self.offsets[:-1], ends, -1)


def network_ids(bundle: Bundle, documents: Ragged) -> Ragged:
    """The ids that the network reads: with pads if the network is not masked."""
    return documents.padded_to(bundle.pad_to) if bundle.pad_to else documents


def word_mask(read: Ragged, lengths: Places) -> npt.NDArray[np.bool_]:
    """Which of the tokens are words, not pads, bool[N].

    Args:
        read: the result of :func:`network_ids`.
        lengths: int64[B], number of words of each document.
    """
    places = np.arange(len(read.values)) - np.repeat(read.offsets[:-1], read.lengths)
    return places < np.repeat(lengths, read.lengths)


def trajectories(bundle: Bundle, documents: Ragged) -> Iterator[Trajectory]:
    """All states, direction by direction, from the lowest layer to the top.

    No document depends on the others. One layer's states are in memory at a time, 4·N·H bytes for each direction, and
    as many for an LSTM's c.

    Args:
        bundle: a trained model.
        documents: the ids of B documents as the pipeline encodes them.
    """
    documents = network_ids(bundle, documents)
    for layer, found in enumerate(read_documents(bundle.network, bundle.tensors, documents)):
        for direction, steps in zip(DIRECTIONS, found, strict=False):
            hidden = checked_finite(steps.hidden, "state")
            yield Trajectory(layer, direction, documents.offsets, hidden, steps.cell)


def final_states(bundle: Bundle, documents: Ragged) -> Array:
    """The top layer's state after the last token of each direction, float32[B, H · directions].

    It is zero for an empty document.
    """
    parts = []
    for one in trajectories(bundle, documents):
        if one.layer == bundle.network.layers - 1:
            padded = np.concatenate([one.hidden, np.zeros((1, one.hidden.shape[1]), dtype=np.float32)])
            parts.append(padded[one.last])
    return np.concatenate(parts, axis=1)
