"""The states of a network at every token of many documents, layer by layer, in NumPy.

One document with its gates, in float64, is :mod:`recurra.runtime.trace`'s; here are thousands, of any lengths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.bundle import Bundle
from recurra.cells import State, cell_named
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.trace import OPS

__all__ = ["Trajectory", "are_words", "final_states", "network_ids", "trajectories"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The states of one direction of one layer.

    Attributes:
        layer: its number, from 0.
        direction: ``forward`` or ``backward``.
        offsets: int64[B + 1], where each document's tokens begin, pads included that the network reads.
        hidden: float32[N, H], h after each token; going backward, after this token and all that follow it.
        cell: float32[N, H], the cell state c of an LSTM; ``None`` for cells without one.
    """

    layer: int
    direction: str
    offsets: Places
    hidden: Array
    cell: Array | None

    @property
    def carried(self) -> Array:
        """What the cell keeps from word to word, float32[N, H]: c where there is one, h otherwise."""
        return self.hidden if self.cell is None else self.cell

    @property
    def last(self) -> Places:
        """int64[B], the token that is read last of each document; -1 of an empty one."""
        ends = self.offsets[:-1] if self.direction == "backward" else self.offsets[1:] - 1
        return np.where(self.offsets[1:] > self.offsets[:-1], ends, -1)


def network_ids(bundle: Bundle, documents: Ragged) -> Ragged:
    """The ids that the network reads: with the pads that a network without a mask takes for words."""
    return documents.padded_to(bundle.pad_to) if bundle.pad_to else documents


def are_words(read: Ragged, lengths: Places) -> npt.NDArray[np.bool_]:
    """Which of the tokens that are read are words and no pads, bool[N].

    Args:
        read: of :func:`network_ids`.
        lengths: int64[B], words of each document.
    """
    places = np.arange(len(read.values)) - np.repeat(read.offsets[:-1], read.lengths)
    return places < np.repeat(lengths, read.lengths)


def trajectories(bundle: Bundle, documents: Ragged) -> Iterator[Trajectory]:
    """All states, direction by direction, from the lowest layer to the top.

    Every document is computed as if it were alone. One layer's states are in memory at a time, 4·N·H bytes a
    direction, and as many for an LSTM's c.

    Args:
        bundle: a trained model.
        documents: the ids of B documents as the pipeline gives them.
    """
    documents = network_ids(bundle, documents)
    settings, tensors = bundle.network, bundle.tensors
    order = np.argsort(-documents.lengths, kind="stable")
    below: list[Array] = []
    for layer in range(settings.layers):
        inputs, below = below, []
        for direction in DIRECTIONS[: settings.directions]:
            prefix = f"layers.{layer}.{direction}"
            W_I, b = tensors[f"{prefix}.W_I"], tensors[f"{prefix}.b"]
            if layer:
                drive, rows = np.concatenate(inputs, axis=1) @ W_I + b, None
            else:
                # Each word of the vocabulary that occurs is multiplied with W_I once.
                seen, rows = np.unique(documents.values, return_inverse=True)
                drive = (W_I[seen] if settings.input == "one_hot" else tensors["embedding"][seen] @ W_I) + b
            hidden, cell = _read(
                settings.cell, drive, rows, tensors[f"{prefix}.W_H"], tensors.get(f"{prefix}.b_H"),
                documents.offsets, order, backward=direction == "backward",
            )  # fmt: skip
            below.append(hidden)
            yield Trajectory(layer, direction, documents.offsets, hidden, cell)


def final_states(bundle: Bundle, documents: Ragged) -> Array:
    """What is known at the end, float32[B, H · directions]: the top layer's state after each direction's last token.

    An empty document's is zero.
    """
    parts = []
    for one in trajectories(bundle, documents):
        if one.layer == bundle.network.layers - 1:
            padded = np.concatenate([one.hidden, np.zeros((1, one.hidden.shape[1]), dtype=np.float32)])
            parts.append(padded[one.last])
    return np.concatenate(parts, axis=1)


def _read(
    cell_name: str, drive: Array, rows: Places | None, W_H: Array, b_H: Array | None, offsets: Places, order: Places,
    *, backward: bool,
) -> tuple[Array, Array | None]:  # fmt: skip
    """The states h and c at every token, in the documents' order.

    Documents stand by falling length, so that those that still run are a prefix, and all begin at their first token
    (or, backward, at their last).
    """
    cell = cell_named(cell_name)
    lengths = (offsets[1:] - offsets[:-1])[order]
    begins = (offsets[1:] - 1 if backward else offsets[:-1])[order]
    # How many documents have a token at each step.
    active = np.searchsorted(-lengths, -np.arange(int(lengths[0]) if len(lengths) else 0), side="left")
    units = len(W_H)
    hidden = np.empty((int(offsets[-1]), units), dtype=np.float32)
    cells = np.empty_like(hidden) if cell.cell_state else None
    zero = np.zeros((len(order), units), dtype=np.float32)
    state = State(zero, zero if cell.cell_state else None)
    for step, running in enumerate(active.tolist()):
        tokens = begins[:running] - step if backward else begins[:running] + step
        before = State(state.hidden[:running], None if state.cell is None else state.cell[:running])
        state, _ = cell.step(OPS, drive[tokens if rows is None else rows[tokens]], before, W_H, b_H)
        hidden[tokens] = state.hidden
        if cells is not None:
            cells[tokens] = state.cell
    return hidden, cells
