"""Adam as published, AdamW, Adam as Keras computes it, and Adam of the rows that are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from recurra.models.network import TokenVectors
from recurra.presets import TrainingSettings

__all__ = ["BETAS", "Adam", "clip", "corrected_rate"]

BETAS = (0.9, 0.999)
# Keras takes the powers of both in float32, which makes its first steps a few millionths shorter.
KERAS_BETAS = (float(np.float32(BETAS[0])), float(np.float32(BETAS[1])))


class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) or AdamW, dense: rows that a batch does not touch still move.

    The paper's short form, which Keras computes, is θ ← θ - α √(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε). torch divides √v by
    √(1-β₂ᵗ) before it adds ε; dividing ε by the same root makes both rules one.

    ``keras_adam`` does what Keras 3 does on TensorFlow: the embedding's gradient is a list of rows, one a token, and
    v takes in the sum of their squares instead of the square of their sum. Words that are frequent in a batch so
    move further than the published rule would have them.

    ``sparse_adam`` moves those rows of the embedding that a batch reads, and no others (torch's SparseAdam).

    Args:
        weights: the parameters, by name.
        settings: learning rate, epsilon and weight decay.
    """

    compiled = True

    def __init__(self, weights: dict[str, torch.nn.Parameter], settings: TrainingSettings) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight.requires_grad}
        self.epsilon = settings.epsilon
        self.rule = settings.optimiser
        self.reads_tokens = self.rule in ("keras_adam", "sparse_adam")
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

    def step(self, learning_rate: float, token_vectors: TokenVectors | None = None, *, scale: float = 1.0) -> None:
        """Moves the weights along their gradients; a weight that has none still moves along its moments.

        Args:
            learning_rate: α of this step.
            token_vectors: the tokens behind the embedding's gradient, for ``keras_adam`` and ``sparse_adam``.
            scale: what clipping multiplied the gradients with.
        """
        self.steps += 1
        for weight in self.weights.values():
            if weight.grad is None:  # A batch of empty documents alone reaches nothing but the output's bias.
                weight.grad = torch.zeros_like(weight)
        first, second = (1 - beta**self.steps for beta in BETAS)
        if self.rule == "keras_adam":
            of_first, of_second = (1 - beta**self.steps for beta in KERAS_BETAS)
            learning_rate *= math.sqrt(of_second / second) * first / of_first
            if token_vectors is not None and "embedding" in self.weights:
                self._square_by_token(token_vectors, scale)
        for group in self._adam.param_groups:
            group["lr"] = learning_rate
            group["eps"] = self.epsilon / math.sqrt(second)
        if self.rule == "sparse_adam" and "embedding" in self.weights:
            self._step_touched(token_vectors)
        else:
            self._adam.step()

    @torch.no_grad()
    def _step_touched(self, token_vectors: TokenVectors | None) -> None:
        """A step after which the rows that were not read are as before, with their moments."""
        weight = self.weights["embedding"]
        if weight not in self._adam.state:
            self._begin("embedding", torch.zeros_like(weight), torch.zeros_like(weight), steps=0)
        state = self._adam.state[weight]
        tensors = (weight, state["exp_avg"], state["exp_avg_sq"])
        before = [tensor.clone() for tensor in tensors]
        self._adam.step()
        if token_vectors is not None:
            for tensor, old in zip(tensors, before, strict=True):
                old[token_vectors.ids] = tensor[token_vectors.ids]
        for tensor, old in zip(tensors, before, strict=True):
            tensor.copy_(old)

    @torch.no_grad()
    def _square_by_token(self, token_vectors: TokenVectors, scale: float) -> None:
        """Sets v off so that the step about to come, which adds the squared sum, leaves the sum of squares."""
        weight, gradients = self.weights["embedding"], token_vectors.vectors.grad
        if weight.grad is None or gradients is None:
            return
        if weight not in self._adam.state:
            self._begin("embedding", torch.zeros_like(weight), torch.zeros_like(weight), steps=0)
        rows, places = torch.unique(token_vectors.ids, return_inverse=True)
        squares = gradients.new_zeros(len(rows), weight.shape[1]).index_add_(0, places, (gradients * scale) ** 2)
        excess = squares - weight.grad[rows] ** 2
        self._adam.state[weight]["exp_avg_sq"].index_add_(0, rows, excess, alpha=(1 - BETAS[1]) / BETAS[1])

    def tensors(self) -> dict[str, Tensor]:
        """The moments, for a checkpoint: ``m.<weight>`` and ``v.<weight>``."""
        state: dict[str, Tensor] = {}
        for name, weight in self.weights.items():
            if weight in self._adam.state:
                state[f"m.{name}"] = self._adam.state[weight]["exp_avg"]
                state[f"v.{name}"] = self._adam.state[weight]["exp_avg_sq"]
        return state

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """Restores what :meth:`tensors` returned after ``steps`` steps."""
        self.steps = steps
        for name in self.weights if steps else ():
            self._begin(name, tensors[f"m.{name}"], tensors[f"v.{name}"], steps=steps)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""
        weights = self.weights if steps else {}
        return {f"{moment}.{name}": weight for moment in "mv" for name, weight in weights.items()}

    def _begin(self, name: str, m: Tensor, v: Tensor, *, steps: int) -> None:
        weight = self.weights[name]
        self._adam.state[weight] = {
            "step": torch.tensor(float(steps), device=weight.device),
            "exp_avg": m.to(weight.device),
            "exp_avg_sq": v.to(weight.device),
        }


def corrected_rate(settings: TrainingSettings, learning_rate: float, step: int) -> float:
    """α of a step in the paper's short form: η √(1-β₂ᵗ)/(1-β₁ᵗ).

    Args:
        settings: the rule.
        learning_rate: η.
        step: t, from 1 on.
    """
    first, second = KERAS_BETAS if settings.optimiser == "keras_adam" else BETAS
    return learning_rate * math.sqrt(1 - second**step) / (1 - first**step)


def clip(weights: Iterable[torch.nn.Parameter], largest: float) -> float:
    """Scales all gradients together so that their norm is at most ``largest`` (Pascanu et al. 2013).

    Returns:
        The factor, 1 where they were short enough.
    """
    norm = float(torch.nn.utils.clip_grad_norm_(list(weights), largest))
    # torch divides by a little more than the norm.
    return min(1.0, largest / (norm + 1e-6))
