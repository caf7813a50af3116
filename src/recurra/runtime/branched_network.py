"""A network with the linear branch beside it: the outputs of both, added up."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.kernels.compiled import kernels_of
from recurra.linear_branch import LinearBranch, OpenDocuments
from recurra.networks.settings import NetworkSettings
from recurra.runtime.compiled_network import CompiledNetwork
from recurra.runtime.finite import checked_finite
from recurra.runtime.numpy_network import NumpyNetwork
from recurra.tasks import Task

__all__ = ["AnyNetwork", "BranchedNetwork"]

Array = npt.NDArray[np.float32]

# Total number of tokens of the prefixes that the branch looks at together.
PREFIX_TOKENS = 1 << 16


class BranchedNetwork:
    """See :class:`recurra.runtime.compiled_network.CompiledNetwork`; documents may have ids of unknown words.

    Args:
        network: the recurrent network.
        branch: the linear branch.
        words: the word of each id after those of the vocabulary.
        max_tokens: the network reads only the first so many tokens of a document; ``None`` if all.
    """

    def __init__(
        self,
        network: CompiledNetwork | NumpyNetwork,
        branch: LinearBranch,
        words: tuple[str, ...] = (),
        *,
        max_tokens: int | None = None,
    ) -> None:
        self._network, self._branch, self._words, self._max_tokens = network, branch, words, max_tokens

    @property
    def settings(self) -> NetworkSettings:
        """The network's shape."""
        return self._network.settings

    @property
    def task(self) -> Task:
        """The task, which turns outputs into probabilities."""
        return self._network.task

    @property
    def pad_to(self) -> int:
        """The length to which the network pads documents; the branch reads no pads."""
        return self._network.pad_to

    @property
    def outputs(self) -> int:
        """L, the number of outputs."""
        return self._network.outputs

    def probabilities(self, documents: Ragged) -> Array:
        """The probability of each class, float32[B, C]."""
        logits = self.logits(documents)
        if self.task.kernel is None:
            return checked_finite(self.task.probabilities(logits).astype(np.float32))
        answers = np.empty_like(logits)
        kernel = getattr(kernels_of("inference.probabilities"), self.task.kernel)
        kernel(0, len(logits), np.arange(len(logits)), logits, answers)
        return checked_finite(answers)

    def logits(self, documents: Ragged) -> Array:
        """The outputs before the task turns them into probabilities, float32[B, L]."""
        opened = self._opened(documents)
        return self._sum(self._network.logits(opened.closed), self._branch.logits(opened))

    def step_logits(self, ids: npt.NDArray[np.int32]) -> Array:
        """The outputs of the document that ends with each token, float32[T, L]."""
        parts = [np.empty((0, self.outputs))]
        some = max(1, PREFIX_TOKENS // max(1, len(ids)))
        for first in range(0, len(ids), some):
            ends = np.arange(first, min(first + some, len(ids))) + 1
            offsets = np.concatenate([[0], np.cumsum(ends)]).astype(np.int64)
            prefixes = Ragged(np.concatenate([ids[:end] for end in ends.tolist()]), offsets)
            parts.append(self._branch.logits(self._opened(prefixes)))
        closed = self._opened(Ragged(ids, np.array([0, len(ids)], dtype=np.int64))).closed.values
        of_network = self._network.step_logits(closed)
        # What it does not read leaves its outputs as they are.
        of_network = of_network[np.minimum(np.arange(len(ids)), len(closed) - 1)]
        return self._sum(of_network, np.concatenate(parts))

    def _opened(self, documents: Ragged) -> OpenDocuments:
        return OpenDocuments(documents, self._branch.ngrams.known, self._words, self._max_tokens)

    @staticmethod
    def _sum(network: Array, branch: npt.NDArray[np.float64]) -> Array:
        with np.errstate(over="ignore"):
            return checked_finite((network + branch).astype(np.float32))


AnyNetwork: TypeAlias = CompiledNetwork | NumpyNetwork | BranchedNetwork
