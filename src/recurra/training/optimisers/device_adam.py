"""Adam that asks the device for nothing: its numbers are tensors, so that a CUDA graph can hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim.adam import adam

from recurra.presets import TrainingSettings
from recurra.training.optimisers.adam import BETAS

__all__ = ["DeviceAdam", "TokenGradients"]

# So many steps behind, torch's corrections 1 - βᵗ are 1, and what is left of its rule is the paper's short form,
# θ ← θ - α m / (√v + ε), with the α that it is given. Adding 1 leaves this float32 as it is.
CORRECTED = 2.0**24


class TokenGradients(NamedTuple):
    """The tokens of a batch of fixed size.

    Attributes:
        ids: int[R], their rows of the embedding.
        gradient: [R, E], of each one's vector; zeros in room.
        present: float32[R], 1 for a token and 0 for room.
    """

    ids: Tensor
    gradient: Tensor
    present: Tensor


class DeviceAdam:
    """The rules of :class:`recurra.training.optimisers.adam.Adam`, dense, in torch's fused kernel.

    Args:
        weights: the parameters, by name.
        settings: epsilon and the rule.

    Attributes:
        weights: those that learn.
        m: their first moments, by name.
        v: their second moments.
    """

    def __init__(self, weights: Mapping[str, torch.nn.Parameter], settings: TrainingSettings) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight.requires_grad}
        self.settings = settings
        self.m = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self.v = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        self._steps = [torch.tensor(CORRECTED, device=weight.device) for weight in self.weights.values()]

    @torch.no_grad()
    def step(
        self,
        gradients: Sequence[Tensor],
        *,
        rate: Tensor,
        decay: Tensor,
        divisor: Tensor | None,
        skip: Tensor,
        read: TokenGradients | None,
    ) -> None:
        """Moves the weights along their gradients.

        Args:
            gradients: in the order of the weights.
            rate: float32 α, with both corrections.
            decay: what ``adamw`` multiplies weights with.
            divisor: what clipping divides gradients by.
            skip: float32, 1 where nothing is to be moved.
            read: the tokens behind the embedding's gradient, where it learns.
        """
        names, rule = list(self.weights), self.settings.optimiser
        weights, m, v = (list(one.values()) for one in (self.weights, self.m, self.v))
        before: list[Tensor] = []
        if read and rule == "keras_adam":
            self._square_by_token(read, gradients[names.index("embedding")], divisor, skip)
        elif read and rule == "sparse_adam":
            before = [one["embedding"].detach().clone() for one in (self.weights, self.m, self.v)]
        elif rule == "adamw":
            torch._foreach_mul_(weights, torch.where(skip > 0, 1.0, decay))
        adam(
            weights,
            list(gradients),
            m,
            v,
            [],
            self._steps,
            fused=True,
            capturable=True,
            grad_scale=divisor,
            found_inf=skip,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=rate,
            weight_decay=0.0,
            eps=self.settings.epsilon,
            maximize=False,
        )
        if before and read:
            touched = torch.zeros(len(before[0]), device=skip.device).index_add_(0, read.ids, read.present)[:, None] > 0
            now = (self.weights["embedding"], self.m["embedding"], self.v["embedding"])
            for old, one in zip(before, now, strict=True):
                one.copy_(torch.where(touched, one, old))

    def tensors(self) -> dict[str, Tensor]:
        """The moments, for a checkpoint: ``m.<weight>`` and ``v.<weight>``."""
        return {f"m.{name}": one for name, one in self.m.items()} | {f"v.{name}": one for name, one in self.v.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes back what :meth:`tensors` gave."""
        for name, one in self.tensors().items():
            one.copy_(tensors[name])

    def _square_by_token(self, read: TokenGradients, gradient: Tensor, divisor: Tensor | None, skip: Tensor) -> None:
        """Sets v off so that the step about to come, which adds the squared sum, leaves the sum of squares."""
        squares = torch.zeros_like(gradient).index_add_(0, read.ids, read.gradient * read.gradient)
        excess = squares.addcmul_(gradient, gradient, value=-1)
        if divisor is not None:
            excess /= divisor * divisor
        # Not multiplied by 0: what is left out may not be finite.
        self.v["embedding"].add_(torch.where(skip > 0, 0.0, excess), alpha=(1 - BETAS[1]) / BETAS[1])
