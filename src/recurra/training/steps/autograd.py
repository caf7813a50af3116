"""A training step through torch's automatic differentiation, which any network, engine and device can take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Packed, Ragged, pack
from recurra.models.batch import Batch
from recurra.models.network import Network
from recurra.presets.training_settings import TrainingSettings
from recurra.tasks import SINGLE_LABEL, Task
from recurra.training.optimisers.adam import Optimiser, clip
from recurra.training.steps.in_parts import joined_output, joined_reading, share_of_output

__all__ = ["AutogradStep", "PartedStep", "Rows", "Step", "Stepped", "longest_of", "mixed_precision", "packed"]


@dataclass(frozen=True)
class Rows:
    """Encoded documents and what is true of them.

    Attributes:
        documents: token ids.
        targets: of the B documents, as the task has them.
        task: what is learned.
    """

    documents: Ragged
    targets: npt.NDArray[Any]
    task: Task = SINGLE_LABEL

    def __len__(self) -> int:
        return len(self.targets)


class Stepped(NamedTuple):
    """What a batch gave.

    Attributes:
        loss: its mean loss.
        right: documents classified rightly.
        wrong: the weight whose gradient is not finite, and that gradient's norm; ``None`` where all are.
    """

    loss: float
    right: int
    wrong: tuple[str, float] | None


class Step(Protocol):
    """Trains a network batch by batch: first the gradient, then, if that is sound, the update."""

    def gradient(self, indices: npt.NDArray[np.int64]) -> Stepped:
        """Loss and gradients of a batch.

        Args:
            indices: its training rows.
        """

    def update(self, rate: float, following: npt.NDArray[np.int64] | None = None) -> None:
        """Moves the weights along the last gradients, clipped.

        Args:
            rate: the learning rate.
            following: the training rows of the next batch, which may be prepared meanwhile.
        """

    def settle(self) -> None:
        """Moves weights that were left behind to where they belong."""

    def settled(self) -> dict[str, Tensor]:
        """Copies of those weights as :meth:`settle` would leave them; looking does not change a run's rounding."""

    def tensors(self) -> dict[str, Tensor]:
        """The optimiser's state, for a checkpoint."""

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """Takes back what :meth:`tensors` gave after ``steps`` steps."""

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""


class PartedStep(Step, Protocol):
    """A step that can take a batch in parts, for want of memory."""

    def gradient_in_parts(self, parts: Sequence[npt.NDArray[np.int64]]) -> Stepped:
        """What :meth:`gradient` gives for all parts together, to the rounding of float32.

        Args:
            parts: the training rows of each, two or more.
        """


class AutogradStep:
    """See :class:`PartedStep`.

    Args:
        network: on its device.
        rows: to learn from.
        settings: of the training.
    """

    def __init__(self, network: Network, rows: Rows, settings: TrainingSettings) -> None:
        self.network, self.rows, self.settings = network, rows, settings
        self.device = network.generator.device
        weights = network.named_weights()
        self.objective = rows.task.objective(
            settings,
            rows.targets,
            len(weights["b_O"]),
            every_step=network.settings.every_step,
            device=self.device,
        )
        self.optimiser = Optimiser(weights, settings)
        network.keep_reading = self.optimiser.reads_tokens

    def gradient(self, indices: npt.NDArray[np.int64]) -> Stepped:
        """See :meth:`Step.gradient`."""
        batch = Batch(packed(self.network, self.rows.documents, indices), self.device)
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        self.network.train()
        with mixed_precision(self.settings, self.device):
            output = self.network(batch)
            loss = self.objective(output, batch, targets)
        self.optimiser.zero_grad()
        loss.backward()
        right = int(self.objective.right(output.logits, targets).sum())
        return Stepped(loss.item(), right, self._wrong())

    def gradient_in_parts(self, parts: Sequence[npt.NDArray[np.int64]]) -> Stepped:
        """See :meth:`PartedStep.gradient_in_parts`.

        Every part is gone through twice: for its logits, of which all together the loss is taken, and, with the loss's
        gradient of them, for its own.
        """
        network, documents, generator = self.network, self.rows.documents, self.network.generator
        indices = np.concatenate(parts)
        longest = 0 if network.settings.masked else longest_of(documents, indices)
        whole = packed(network, documents, indices, longest=longest)
        some = [packed(network, documents, part, longest=longest) for part in parts]
        network.train()
        states, outputs = [], []
        for part in some:
            states.append(generator.get_state())
            with torch.no_grad(), mixed_precision(self.settings, self.device):
                outputs.append(network(Batch(part, self.device)))
        output = joined_output(outputs, whole, some)
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        with mixed_precision(self.settings, self.device):
            loss = self.objective(output, Batch(whole, self.device), targets)
        loss.backward()
        self.optimiser.zero_grad()
        readings = []
        for part, state, share in zip(some, states, share_of_output(output, whole, some), strict=True):
            generator.set_state(state)
            with mixed_precision(self.settings, self.device):
                logits, steps = network(Batch(part, self.device))
            torch.autograd.backward([logits] if steps is None else [logits, steps], share)
            readings.append(network.reading)
        network.reading = joined_reading(readings)
        right = int(self.objective.right(output.logits, targets).sum())
        return Stepped(loss.item(), right, self._wrong())

    def update(self, rate: float, following: npt.NDArray[np.int64] | None = None) -> None:
        """See :meth:`Step.update`."""
        scale = clip(self.optimiser.weights.values(), self.settings.clip) if self.settings.clip else 1.0
        self.optimiser.step(rate, self.network.reading, scale=scale)

    def settle(self) -> None:
        """Nothing is left behind."""

    def settled(self) -> dict[str, Tensor]:
        """Nothing is left behind."""
        return {}

    def tensors(self) -> dict[str, Tensor]:
        """See :meth:`Step.tensors`."""
        return self.optimiser.tensors()

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """See :meth:`Step.restore`."""
        self.optimiser.restore(tensors, steps)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :meth:`Step.layout`."""
        weights = self.optimiser.weights if steps else {}
        return {f"{moment}.{name}": weight for moment in "mv" for name, weight in weights.items()}

    def _wrong(self) -> tuple[str, float] | None:
        gradients = {name: w.grad for name, w in self.optimiser.weights.items() if w.grad is not None}
        norms = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients.values()])
        if bool(torch.isfinite(norms).all()):
            return None
        return next((name, n) for name, n in zip(gradients, norms.tolist(), strict=True) if not math.isfinite(n))


def longest_of(documents: Ragged, indices: npt.NDArray[np.int64]) -> int:
    """Tokens of the longest of some documents."""
    return int((documents.offsets[indices + 1] - documents.offsets[indices]).max(initial=0))


def mixed_precision(settings: TrainingSettings, device: torch.device) -> AbstractContextManager[object]:
    """In which the network computes in the precision of the settings."""
    if settings.precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def packed(network: Network, documents: Ragged, indices: npt.NDArray[np.int64], *, longest: int = 0) -> Packed:
    """A training batch.

    Args:
        network: says whether pads are left out.
        documents: the training rows.
        indices: those of the batch.
        longest: tokens of the longest document of the batch that these are a part of.
    """
    if not network.settings.masked and len(indices):
        # The lesson's networks take pads for words, and a batch is padded up to its longest document.
        longest = max(longest, longest_of(documents, indices))
    return pack(documents, indices, pad_to=longest)
