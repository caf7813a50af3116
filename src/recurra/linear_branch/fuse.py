"""How much of the network and how much of the branch an answer takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.evaluation.temperature import SOFTMAX, Link, fit_temperature

__all__ = ["DEFAULT", "FusionWeights", "fuse"]

Floats = npt.NDArray[np.floating]

SHARES = 21


class FusionWeights(NamedTuple):
    """What the outputs are multiplied by before they are added.

    Attributes:
        network: factor of the network's logits.
        branch: factor of the branch's.
    """

    network: float
    branch: float


DEFAULT = FusionWeights(0.3, 0.5)
"""Where too few rows are held out to choose: about what larger sets choose (benchmarks/own_files/LOG.md)."""


def fuse(network: Floats, branch: Floats, targets: npt.NDArray[Any], *, link: Link = SOFTMAX) -> FusionWeights:
    """The factors of the lowest log loss on rows that neither has learned from.

    Of each of 21 mixtures, from the network alone to the branch alone, the best temperature is found; the loss is
    convex in both factors, so the best mixture has no rival far away.

    Args:
        network: float[B, L], logits.
        branch: float[B, L], logits.
        targets: of the B rows, as the link wants them.
        link: from logits to probabilities.
    """
    spreads = [_spread(logits) for logits in (network, branch)]
    a, b = (logits.astype(np.float64) / spread for logits, spread in zip((network, branch), spreads, strict=True))
    found = list[tuple[float, FusionWeights]]()
    for share in np.linspace(0, 1, SHARES).tolist():
        mixed = (1 - share) * a + share * b
        temperature = fit_temperature(mixed, targets, link=link)
        factors = FusionWeights((1 - share) / spreads[0] / temperature, share / spreads[1] / temperature)
        found.append((link.scores(mixed / temperature, targets).log_loss, factors))
    return min(found)[1]


def _spread(logits: Floats) -> float:
    """The root mean square about each row's mean; 1 where all are alike."""
    centred = logits - logits.mean(axis=1, keepdims=True)
    return float(np.sqrt(np.mean(centred**2))) or 1.0
