"""The network's forward pass: blocks of documents through embedding, recurrent layers, pooling and output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from recurra.batches import Packed, Ragged, pack
from recurra.models.settings import NetworkSettings
from recurra.models.shapes import DIRECTIONS
from recurra.recurrence.cells import cell_named
from recurra.runtime.ops import softmax
from recurra.runtime.pooling import pool
from recurra.runtime.recurrence import Drive, Weights, run_direction

__all__ = ["BLOCK_BYTES", "Network"]

Array = npt.NDArray[np.float32]

# Bytes that the arrays of one block may take, about; a single document that needs more is a block of its own.
BLOCK_BYTES = 32 * 2**20


class Network:
    """A trained network, float32 throughout.

    Args:
        settings: the network's shape.
        tensors: the weights, by the names of :func:`recurra.models.shapes.weight_shapes`.
        pad_to: the length up to which id 0 is appended where the network is not masked.
    """

    def __init__(self, settings: NetworkSettings, tensors: Mapping[str, Array], *, pad_to: int | None) -> None:
        self.settings = settings
        self.tensors = tensors
        self.pad_to = pad_to or 0
        self.cell = cell_named(settings.cell)

    @property
    def block_tokens(self) -> int:
        """Tokens of a block, at most: what :data:`BLOCK_BYTES` holds of ids, inputs, states and drives."""
        numbers = 3 * self.settings.state_size + self.settings.hidden * len(self.cell.gates)
        return max(1, BLOCK_BYTES // (4 * numbers + 64))

    def probabilities(self, documents: Ragged) -> Array:
        """The probability of each class, [B, C], in the order given.

        No document's answer hangs on the others, except for the rounding of float32 sums.
        """
        out = np.empty((len(documents), len(self.tensors["b_O"])), dtype=np.float32)
        for chosen in self._blocks(documents.lengths):
            # The blocks' documents fall in length already, and packing keeps the order of equal ones.
            packed = pack(documents.take(chosen).padded_to(self.pad_to))
            out[chosen] = softmax(self._pooled(packed) @ self.tensors["W_O"] + self.tensors["b_O"])
        return out

    def _blocks(self, lengths: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
        """Documents of like length together, so that most of a block runs until its last step."""
        order = np.argsort(-lengths, kind="stable")
        ends = np.cumsum(np.maximum(lengths[order], max(self.pad_to, 1)))
        first, before = 0, 0
        while first < len(order):
            end = max(first + 1, int(np.searchsorted(ends, before + self.block_tokens, side="right")))
            yield order[first:end]
            first, before = end, int(ends[end - 1])

    def _pooled(self, packed: Packed) -> Array:
        """[B, P], by falling length."""
        final = states = np.zeros((0, 0), dtype=np.float32)
        for layer in range(self.settings.layers):
            keep = layer < self.settings.layers - 1 or self.settings.pooling != ("last",)
            read = []
            for direction in DIRECTIONS[: self.settings.directions]:
                weights = self._weights(layer, direction)
                drive = self._drive(packed, states if layer else None, weights)
                read.append(
                    run_direction(self.cell, drive, weights, packed, backward=direction == "backward", keep=keep)
                )
            final, states = (np.concatenate(part, axis=1) for part in zip(*read, strict=True))
        return pool(self.settings.pooling, final, states, packed, self.tensors)

    def _weights(self, layer: int, direction: str) -> Weights:
        prefix = f"layers.{layer}.{direction}"
        W_I, W_H, b = (self.tensors[f"{prefix}.{name}"] for name in ("W_I", "W_H", "b"))
        return Weights(W_I, W_H, b, self.tensors.get(f"{prefix}.b_H"))

    def _drive(self, packed: Packed, inputs: Array | None, weights: Weights) -> Drive:
        """W_I·x + b of packed rows: of the layer below, or of the tokens for the first layer (``inputs`` None)."""
        if inputs is not None:
            return lambda first, end: inputs[first:end] @ weights.W_I + weights.b
        # A block has far fewer different tokens than words, and each needs its product only once.
        tokens, places = np.unique(packed.ids, return_inverse=True)
        if self.settings.input == "one_hot":
            table = weights.W_I[tokens] + weights.b
        else:
            table = self.tensors["embedding"][tokens] @ weights.W_I + weights.b
        return lambda first, end: table[places[first:end]]
