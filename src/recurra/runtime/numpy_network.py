"""The network's forward pass through the cell's NumPy step, for cells without compiled kernels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.networks.settings import NetworkSettings
from recurra.runtime.finite import checked_finite
from recurra.runtime.forward import read_documents
from recurra.runtime.pooling import cumulative_pool, pool
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["NumpyNetwork"]

Array = npt.NDArray[np.float32]
Wide = npt.NDArray[np.float64]

# Numbers of state arrays that are in memory at the same time.
AT_ONCE = 1 << 23


class NumpyNetwork:
    """A trained network of any cell; see :class:`recurra.runtime.compiled_network.Network`.

    Documents are packed: none is padded to another's length, and none depends on the others. Everything is computed in
    float64 and rounded to float32 at the end.

    Args:
        settings: the network's shape.
        tensors: the weights, by the names of :func:`recurra.networks.shapes.weight_shapes`.
        pad_to: the length to which documents are padded with id 0; ``None`` if the network is masked.
        task: the task, which turns outputs into probabilities.

    Attributes:
        outputs: L, the number of outputs.
    """

    def __init__(
        self, settings: NetworkSettings, tensors: Mapping[str, Array], *, pad_to: int | None, task: Task = SINGLE_LABEL
    ) -> None:
        self.settings, self.task = settings, task
        self.pad_to = pad_to or 0
        self.outputs = len(tensors["b_O"])
        # The embedding is large, and few of its rows are read at a time.
        self._weights = {
            name: weight if name == "embedding" else weight.astype(np.float64) for name, weight in tensors.items()
        }

    def probabilities(self, documents: Ragged) -> Array:
        """The probability of each class, [B, C], in the given order.

        Raises:
            ModelFileError: a probability is not finite; the other methods raise likewise.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return checked_finite(self.task.probabilities(self._logits(documents)).astype(np.float32))

    def logits(self, documents: Ragged) -> Array:
        """The outputs before the task turns them into probabilities, [B, L]."""
        with np.errstate(over="ignore"):
            return checked_finite(self._logits(documents).astype(np.float32))

    def step_logits(self, ids: npt.NDArray[np.int32]) -> Array:
        """See :meth:`recurra.runtime.compiled_network.CompiledNetwork.step_logits`."""
        if self.settings.bidirectional:
            raise ValueError("A network of two directions cannot be read in one pass.")
        weights, states = self._weights, self._states(Ragged(ids, np.array([0, len(ids)], dtype=np.int64)))
        keys, v = states, None
        if "attention" in self.settings.pooling:
            keys, v = states @ weights["attention.W"] + weights["attention.b"], weights["attention.v"]
        pooled = np.concatenate([cumulative_pool(name, states, keys, v) for name in self.settings.pooling], axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            return checked_finite(np.asarray(pooled @ weights["W_O"] + weights["b_O"], dtype=np.float32))

    def _logits(self, documents: Ragged) -> Wide:
        documents = documents.padded_to(self.pad_to) if self.pad_to else documents
        logits = np.empty((len(documents), self.outputs))
        # Documents of similar length together, so that a step has many of them.
        order = np.argsort(-documents.lengths, kind="stable")
        ends = np.cumsum(documents.lengths[order]) * self.settings.state_size
        first = 0
        while first < len(order):
            begun = ends[first - 1] if first else 0
            end = max(first + 1, int(np.searchsorted(ends, begun + AT_ONCE, side="right")))
            rows = order[first:end]
            some = documents.take(rows)
            pooled = pool(self.settings, self._weights, self._states(some), some.offsets)
            with np.errstate(over="ignore", invalid="ignore"):
                logits[rows] = pooled @ self._weights["W_O"] + self._weights["b_O"]
            first = end
        return logits

    def _states(self, documents: Ragged) -> Wide:
        """The top layer's states at all tokens, [N, D]."""
        *_, top = read_documents(self.settings, self._weights, documents, dtype=np.float64)
        return np.concatenate([steps.hidden for steps in top], axis=1)
