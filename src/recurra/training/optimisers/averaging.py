"""An exponential moving average of the weights."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["MovingAverage"]


class MovingAverage:
    """Keeps θ̄ ← d θ̄ + (1 - d) θ beside the weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017).

    The decay rises as (1 + t) / (10 + t) up to its setting, so that the first weights are soon forgotten.

    Args:
        weights: the parameters, by name.
        decay: d, at most; below 1.
    """

    def __init__(self, weights: dict[str, torch.nn.Parameter], decay: float) -> None:
        self.decay = decay
        self.weights = weights
        self.tensors: dict[str, Tensor] = {name: weight.detach().clone() for name, weight in weights.items()}

    def share(self, steps: int) -> float:
        """1 - d at step ``steps``: what part of the average the weights become."""
        return 1 - min(self.decay, (1 + steps) / (10 + steps))

    @torch.no_grad()
    def update(self, share: float | Tensor) -> None:
        """Takes in the weights, by a share from 0 to 1."""
        for name, weight in self.weights.items():
            self.tensors[name].lerp_(weight, share)
