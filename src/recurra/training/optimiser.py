"""Adam and AdamW with Keras's place for epsilon."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from recurra.training.settings import TrainingSettings

__all__ = ["Optimiser"]

BETAS = (0.9, 0.999)


class Optimiser:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) or AdamW, dense: rows that a batch does not touch still move.

    The paper's update, which Keras computes, is θ ← θ - α √(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε). torch divides √v by
    √(1-β₂ᵗ) before it adds ε; dividing ε by the same root makes both rules one.

    Args:
        weights: the parameters, by name.
        settings: learning rate, epsilon and weight decay.
    """

    def __init__(self, weights: dict[str, torch.nn.Parameter], settings: TrainingSettings) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight.requires_grad}
        self.epsilon = settings.epsilon
        kind = torch.optim.AdamW if settings.optimiser == "adamw" else torch.optim.Adam
        self._adam = kind(
            self.weights.values(),
            lr=settings.learning_rate,
            betas=BETAS,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.steps = 0

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        self._adam.zero_grad()

    def step(self, learning_rate: float) -> None:
        """Moves the weights along their gradients; a weight that has none still moves along its moments."""
        self.steps += 1
        for weight in self.weights.values():
            if weight.grad is None:  # A batch of empty documents alone reaches nothing but the output's bias.
                weight.grad = torch.zeros_like(weight)
        for group in self._adam.param_groups:
            group["lr"] = learning_rate
            group["eps"] = self.epsilon / math.sqrt(1 - BETAS[1] ** self.steps)
        self._adam.step()

    def tensors(self) -> dict[str, Tensor]:
        """The moments, for a checkpoint: ``m.<weight>`` and ``v.<weight>``."""
        state: dict[str, Tensor] = {}
        for name, weight in self.weights.items():
            if weight in self._adam.state:
                state[f"m.{name}"] = self._adam.state[weight]["exp_avg"]
                state[f"v.{name}"] = self._adam.state[weight]["exp_avg_sq"]
        return state

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """Takes back what :meth:`tensors` gave after ``steps`` steps."""
        self.steps = steps
        if steps == 0:
            return
        for name, weight in self.weights.items():
            self._adam.state[weight] = {
                "step": torch.tensor(float(steps), device=weight.device),
                "exp_avg": tensors[f"m.{name}"].to(weight.device),
                "exp_avg_sq": tensors[f"v.{name}"].to(weight.device),
            }


def clip(weights: Iterable[torch.nn.Parameter], largest: float) -> None:
    """Scales all gradients together so that their norm is at most ``largest`` (Pascanu et al. 2013)."""
    torch.nn.utils.clip_grad_norm_(list(weights), largest)
