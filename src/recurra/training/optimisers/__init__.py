"""Optimisers: what they are, which there are, how to add your own; Adam in its forms and the average of weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from recurra.errors import SettingsError
from recurra.models.network import TokenVectors
from recurra.presets import TrainingSettings
from recurra.presets.training_settings import OPTIMISERS
from recurra.training.optimisers.adam import Adam
from recurra.training.optimisers.torch_optimiser import TorchOptimiser

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
            learning_rate: learning rate of this step.
            token_vectors: the tokens behind the embedding's gradient, for those that read them.
            scale: what clipping multiplied the gradients with.
        """

    def tensors(self) -> dict[str, Tensor]:
        """The state, for a checkpoint."""

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None:
        """Restores what :meth:`tensors` returned after ``steps`` steps."""

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""


KINDS: dict[str, type[Optimiser]] = {"adam": Adam, "adamw": Adam, "keras_adam": Adam, "sparse_adam": Adam}
_BUILT_IN = frozenset(KINDS)


def register(name: str, kind: type[Optimiser]) -> None:
    """Makes an optimiser known, as a value of the setting ``optimiser``, to all that runs in this process.

    Args:
        name: the setting's name.
        kind: called with weights and settings it returns an optimiser, such as a class derived from
            :class:`TorchOptimiser`. One of a name that was registered before takes its place.

    Raises:
        SettingsError: a built-in optimiser has that name, or ``kind`` is no optimiser.
    """
    missing = [method for method in ("step", "tensors", "restore", "layout") if not hasattr(kind, method)]
    if missing:
        raise SettingsError(
            f"{kind!r:.80} has no method {missing[0]}",
            "Derive a class from recurra.training.optimisers.TorchOptimiser whose build() returns torch's optimiser.",
        )
    if name in _BUILT_IN:
        raise SettingsError(f"The optimiser {name!r} is built in", "Register yours under another name.")
    KINDS[name] = kind
    OPTIMISERS[name] = None


def kind_of(settings: TrainingSettings) -> type[Optimiser]:
    """The class of the optimiser that the settings name."""
    return KINDS[settings.optimiser]
