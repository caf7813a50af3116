"""Optimisers of torch's, and others derived from ``torch.optim.Optimizer``, with a state that checkpoints hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from recurra.errors import SettingsError
from recurra.models.network import TokenVectors
from recurra.presets import TrainingSettings

__all__ = ["TorchOptimiser"]

# Before the names in a checkpoint: tensors of a weight, numbers of a weight, numbers of all weights together.
TENSOR, NUMBER, GROUP = "optimiser", "optimiser_number", "optimiser_group"


class TorchOptimiser(ABC):
    """A :class:`recurra.training.optimisers.Optimiser` out of one of torch's, or of your own.

    What it keeps for each weight in ``state``, tensors or numbers, and the numbers in ``param_groups``, goes into
    checkpoints; attributes of its own do not. A step that needs a closure (LBFGS) is not supported.

    Args:
        weights: the parameters, by name.
        settings: the training settings.

    Attributes:
        weights: those that learn, by name.

    Raises:
        SettingsError: :meth:`build` returns no optimiser.

    Example:
        >>> class Sgd(TorchOptimiser):
        ...     def build(self, weights, settings):
        ...         return torch.optim.SGD(weights, lr=settings.learning_rate, momentum=0.9)
        >>> register("sgd", Sgd)
        >>> clf = TextClassifier(options={"optimiser": "sgd"}, learning_rate=0.1)  # doctest: +SKIP
    """

    compiled = reads_tokens = False

    def __init__(self, weights: dict[str, torch.nn.Parameter], settings: TrainingSettings) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight.requires_grad}
        self.settings = settings
        self._optimiser = self.build(self.weights.values(), settings)
        if not isinstance(self._optimiser, torch.optim.Optimizer):
            raise SettingsError(
                f"{type(self).__name__}.build returned {self._optimiser!r:.60}",
                "Return an object of a class derived from torch.optim.Optimizer.",
            )

    @abstractmethod
    def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
        """The optimiser of these parameters. The learning rate of all of them is set before each step."""

    def zero_grad(self) -> None:
        """See :class:`recurra.training.optimisers.Optimiser`."""
        self._optimiser.zero_grad()

    def step(self, learning_rate: float, token_vectors: TokenVectors | None = None, *, scale: float = 1.0) -> None:
        """See :class:`recurra.training.optimisers.Optimiser`."""
        for weight in self.weights.values():
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()

    def tensors(self) -> dict[str, Tensor]:
        """See :class:`recurra.training.optimisers.Optimiser`.

        Raises:
            SettingsError: the state holds something else than tensors and numbers.
        """
        found: dict[str, Tensor] = {}
        for name, weight in self.weights.items():
            for key, value in self._optimiser.state.get(weight, {}).items():
                if isinstance(value, Tensor):
                    found[f"{TENSOR}.{key}.{name}"] = value
                elif isinstance(value, int | float):
                    found[f"{NUMBER}.{key}.{name}"] = torch.tensor(value, dtype=torch.float64)
                elif value is not None:
                    raise SettingsError(
                        f"The optimiser keeps {type(value).__name__} as {key!r:.80} of a weight",
                        "Keep tensors and numbers: others cannot be stored in a checkpoint.",
                    )
        for place, group in enumerate(self._optimiser.param_groups):
            for key, value in _numbers_of(group).items():
                found[f"{GROUP}.{key}.{place}"] = torch.tensor(value, dtype=torch.float64)
        return found

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """See :class:`recurra.training.optimisers.Optimiser`."""
        for full_name, tensor in tensors.items():
            kind, _, rest = full_name.partition(".")
            key, _, name = rest.partition(".")
            if kind == GROUP:
                group = self._optimiser.param_groups[int(name)]
                group[key] = type(group[key])(tensor.item())
            elif kind in (TENSOR, NUMBER) and name in self.weights:
                weight = self.weights[name]
                self._optimiser.state[weight][key] = tensor.item() if kind == NUMBER else tensor.to(weight.device)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :class:`recurra.training.optimisers.Optimiser`: found by a step on copies of the weights."""
        if not steps:
            return {}
        copies = {name: torch.nn.Parameter(torch.zeros_like(weight)) for name, weight in self.weights.items()}
        like = type(self)(copies, self.settings)
        like.step(0.0)
        return like.tensors()


def _numbers_of(group: Mapping[str, Any]) -> dict[str, float]:
    return {key: value for key, value in group.items() if key != "lr" and isinstance(value, int | float)}
