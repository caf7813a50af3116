"""What a network thinks after each word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.runtime.network import Network

__all__ = ["Reading", "read_prefixes"]

# Tokens of the prefixes that are computed at once.
PREFIX_TOKENS = 1 << 16


@dataclass(frozen=True, eq=False)
class Reading:
    """A document, read word by word.

    Attributes:
        tokens: the document's tokens.
        probabilities: float32[tokens, C]; row t is the answer for the document that ends with token t.
    """

    tokens: list[str]
    probabilities: npt.NDArray[np.float32]


def read_prefixes(network: Network, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """The probabilities after each token, float32[tokens, C].

    Every prefix is computed as a document of its own, which is exact for both directions, every pooling and every
    padding; a document of T tokens costs T (T + 1) / 2 steps.
    """
    rows = [np.empty((0, network.classes), dtype=np.float32)]
    first = 0
    while first < len(ids):
        # All prefixes at once would take memory that grows with the square of the length.
        end = min(len(ids), first + max(1, PREFIX_TOKENS // len(ids)))
        offsets = np.concatenate([[0], np.cumsum(np.arange(first + 1, end + 1))])
        values = np.concatenate([ids[: k + 1] for k in range(first, end)])
        rows.append(network.probabilities(Ragged(values, offsets)))
        first = end
    return np.concatenate(rows)
