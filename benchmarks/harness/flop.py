"""How many floating-point operations a training step needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.cells import cell_named
from recurra.networks.settings import NetworkSettings

__all__ = ["flop_per_document"]


def flop_per_document(
    documents: Ragged, batches: Sequence[npt.NDArray[np.int64]], network: NetworkSettings, *, classes: int
) -> float:
    """The matrix products of a training step, a document.

    A product [m, k] × [k, n] is 2·m·k·n; the gradients of its two sides are as much each. The first layer's input
    product is counted once for each *different* word of a batch, which is all that is needed; element-wise work and
    the optimiser are left out. So this is a floor, and time at the machine's peak speed is a bound for every engine.

    Args:
        documents: token ids.
        batches: the documents of each step.
        network: its shape.
        classes: of the output.
    """
    fused = network.hidden * len(cell_named(network.cell).gates) * network.directions
    first = 0 if network.input == "one_hot" else network.embedding
    total = 0.0
    for batch in batches:
        chosen = documents.take(batch)
        words = len(chosen.values)
        if not network.masked and len(batch):
            words = len(batch) * int(chosen.lengths.max())
        different = len(np.unique(chosen.values)) + (not network.masked)
        products = different * first * fused
        products += words * network.hidden * fused * network.layers
        products += words * network.state_size * fused * (network.layers - 1)
        products += len(batch) * network.pooled_size * classes
        total += 3 * 2 * products
    return total / max(sum(len(batch) for batch in batches), 1)
