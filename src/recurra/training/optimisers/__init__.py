"""Optimisers: what they are, which there are, how to add your own; Adam in its forms and the average of weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from recurra.errors import SettingsError
from recurra.models.network import TokenVectors
from recurra.presets import TrainingSettings
from recurra.presets.training_settings import OPTIMISERS
from recurra.training.optimisers.adam import Adam

__all__ = ["Optimiser", "TorchOptimiser", "kind_of", "register"]


class Optimiser(Protocol):
    """Moves the weights along their gradients.

    Attributes:
        compiled: whether :mod:`recurra.training.optimisers.lazy_adam` and ``device_adam`` compute the same rule;
            networks are trained through automatic differentiation otherwise.
        reads_tokens: whether it looks at the gradient of each token's vector.
        weights: the parameters that learn, by name.
    """

    compiled: bool
    reads_tokens: bool
    weights: dict[str, torch.nn.Parameter]

    def __init__(self, weights: dict[str, torch.nn.Parameter], settings: TrainingSettings) -> None: ...

    def zero_grad(self) -> None:
        """Forgets the gradients."""

    def step(self, learning_rate: float, token_vectors: TokenVectors | None = None, *, scale: float = 1.0) -> None:
        """Moves the weights; one that has no gradient has one of zero.

        Args:
            learning_rate: of this step.
            token_vectors: the tokens behind the embedding's gradient, for those that read them.
            scale: what clipping multiplied the gradients with.
        """

    def tensors(self) -> dict[str, Tensor]:
        """The state, for a checkpoint."""

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """Restores what :meth:`tensors` returned after ``steps`` steps."""

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""


class TorchOptimiser(ABC):
    """An :class:`Optimiser` out of one of torch's, or of your own derived from ``torch.optim.Optimizer``.

    Args:
        weights: the parameters, by name.
        settings: the training settings.

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

    @abstractmethod
    def build(self, weights: Iterable[torch.nn.Parameter], settings: TrainingSettings) -> torch.optim.Optimizer:
        """The optimiser of these parameters; its learning rate is set before each step."""

    def zero_grad(self) -> None:
        """See :class:`Optimiser`."""
        self._optimiser.zero_grad()

    def step(self, learning_rate: float, token_vectors: TokenVectors | None = None, *, scale: float = 1.0) -> None:
        """See :class:`Optimiser`."""
        for weight in self.weights.values():
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()

    def tensors(self) -> dict[str, Tensor]:
        """See :class:`Optimiser`: what torch's state of each weight holds, as ``<key>.<weight>``."""
        return {
            f"{key}.{name}": torch.as_tensor(value)
            for name, weight in self.weights.items()
            for key, value in self._optimiser.state.get(weight, {}).items()
            if value is not None
        }

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """See :class:`Optimiser`."""
        layout = self.layout(steps)
        for name, weight in self.weights.items():
            state = {key.split(".", 1)[0]: tensors[key] for key in layout if key.split(".", 1)[1] == name}
            if state:
                self._optimiser.state[weight] = {key: tensor.to(weight.device) for key, tensor in state.items()}

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :class:`Optimiser`: found by a step on copies of the weights."""
        if not steps:
            return {}
        copies = {name: torch.nn.Parameter(torch.zeros_like(weight)) for name, weight in self.weights.items()}
        like = type(self)(copies, self.settings)
        like.step(0.0)
        return like.tensors()


KINDS: dict[str, type[Optimiser]] = dict.fromkeys(OPTIMISERS, Adam)
_BUILT_IN = frozenset(KINDS)


def register(name: str, kind: type[Optimiser]) -> None:
    """Makes an optimiser known, as a value of the setting ``optimiser``, to all that runs in this process.

    Args:
        name: of the setting.
        kind: called with weights and settings it returns an optimiser, such as a class derived from
            :class:`TorchOptimiser`. One of a name that was registered before takes its place.

    Raises:
        SettingsError: a built-in optimiser has that name.
    """
    if name in _BUILT_IN:
        raise SettingsError(f"The optimiser {name!r} is built in", "Register yours under another name.")
    KINDS[name] = kind
    OPTIMISERS[name] = None


def kind_of(settings: TrainingSettings) -> type[Optimiser]:
    """The class of the optimiser that the settings name."""
    return KINDS[settings.optimiser]
