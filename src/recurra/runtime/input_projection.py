"""The first layer's input: a look-up of each word's product with W_I, which needs to be made only once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.threads import cpu_count, run_parallel
from recurra.networks.settings import NetworkSettings
from recurra.runtime.input_gates import compute_gates
from recurra.runtime.weight_layout import AffineWeights, input_weights

__all__ = ["TABLE_BYTES", "InputProjection"]

Array = npt.NDArray[np.float32]

# The whole vocabulary is multiplied with W_I in advance if the table is smaller than this, about the size of a
# last-level cache; otherwise each call multiplies its words.
TABLE_BYTES = 64 * 2**20


class InputProjection:
    """W_I·x + b of words, and the gates where they depend on nothing else.

    Args:
        settings: the network's shape.
        tensors: its weights.

    Attributes:
        table: float32[rows, columns], the products of the whole vocabulary; ``None`` if it is too large for that.
    """

    def __init__(self, settings: NetworkSettings, tensors: Mapping[str, Array]) -> None:
        W_I, b = input_weights(settings, tensors, 0)
        self._settings = settings
        self.table: Array | None = None
        if settings.input == "one_hot":
            # A one-hot word's product is its row of W_I.
            self.table = compute_gates(settings, W_I + b)
            return
        embedding = tensors["embedding"]
        self._inputs = AffineWeights.of(W_I, b)
        self._embedding = np.pad(embedding, [(0, 0), (0, self._inputs.size - embedding.shape[1])])
        if 4 * len(embedding) * self._inputs.columns <= TABLE_BYTES:
            self.table = self._projected(self._embedding)

    def look_up(self, documents: Ragged) -> tuple[Array, Ragged]:
        """A table of products, [rows, columns], and the documents with the row of each token in place of its id."""
        if self.table is not None:
            return self.table, documents
        seen = np.zeros(len(self._embedding), dtype=np.int32)
        found = np.empty(min(len(seen), len(documents.values)), dtype=np.int32)
        places, different = np.empty(len(documents.values), dtype=np.int32), np.zeros(1, dtype=np.int64)
        kernels_of("unique_ids").unique_ids(documents.values, seen, found, places, different)
        return self._projected(self._embedding[found[: different[0]]]), Ragged(places, documents.offsets)

    def _projected(self, vectors: Array) -> Array:
        inputs = self._inputs
        table = np.empty((len(vectors), inputs.columns), dtype=np.float32)
        bounds = np.linspace(0, len(vectors), cpu_count() + 1).astype(int).tolist()
        fixed = (address(vectors), 4 * inputs.size, inputs.size, *inputs.places, inputs.columns)
        multiply = kernels_of("inference.dense").affine
        run_parallel(
            [partial(multiply, bounds[k], bounds[k + 1], *fixed, address(table), 4 * inputs.columns)
             for k in range(cpu_count()) if bounds[k] < bounds[k + 1]]
        )  # fmt: skip
        return compute_gates(self._settings, table)
