"""A training step through torch's automatic differentiation, which any network, engine and device can take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.models.batch import Batch
from recurra.presets import TrainingSettings
from recurra.training.optimisers import Optimiser, kind_of
from recurra.training.optimisers.adam import clip
from recurra.training.steps.micro_batches import join_outputs, join_token_vectors, split_gradient
from recurra.training.steps.step import HostStep, StepResult, longest_of, pack_batch

__all__ = ["AutogradStep", "mixed_precision"]


class AutogradStep(HostStep):
    """See :class:`recurra.training.steps.step.HostStep`."""

    optimiser: Optimiser

    def prepare(self) -> None:
        """See :meth:`recurra.training.steps.step.HostStep.prepare`."""
        network, rows, settings = self.network, self.rows, self.settings
        self.device = network.generator.device
        weights = network.named_weights()
        self.objective = rows.task.objective(
            settings,
            rows.targets,
            len(weights["b_O"]),
            every_step=network.settings.every_step,
            device=self.device,
        )
        self.optimiser = kind_of(settings)(weights, settings)
        network.keep_token_vectors = self.optimiser.reads_tokens

    def gradient(self, indices: npt.NDArray[np.int64]) -> StepResult:
        """See :meth:`HostStep.gradient`."""
        batch = Batch(pack_batch(self.network, self.rows.documents, indices), self.device)
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        self.network.train()
        with mixed_precision(self.settings, self.device):
            output = self.network(batch)
            loss = self.objective(output, batch, targets, self._weights_of(indices))
        self.optimiser.zero_grad()
        loss.backward()
        right = int(self.objective.right(output.logits, targets).sum())
        return StepResult(len(indices), loss.item(), right, self._non_finite())

    def gradient_in_parts(self, parts: Sequence[npt.NDArray[np.int64]]) -> StepResult:
        """See :meth:`HostStep.gradient_in_parts`.

        Every part is gone through twice: for its logits, of which all together the loss is taken, and, with the loss's
        gradient of them, for its own.
        """
        network, documents, generator = self.network, self.rows.documents, self.network.generator
        indices = np.concatenate(parts)
        longest = 0 if network.settings.masked else longest_of(documents, indices)
        whole = pack_batch(network, documents, indices, longest=longest)
        some = [pack_batch(network, documents, part, longest=longest) for part in parts]
        network.train()
        states, outputs = [], []
        for part in some:
            states.append(generator.get_state())
            with torch.no_grad(), mixed_precision(self.settings, self.device):
                outputs.append(network(Batch(part, self.device)))
        output = join_outputs(outputs, whole, some)
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        with mixed_precision(self.settings, self.device):
            loss = self.objective(output, Batch(whole, self.device), targets, self._weights_of(indices))
        loss.backward()
        self.optimiser.zero_grad()
        readings = []
        for part, state, share in zip(some, states, split_gradient(output, whole, some), strict=True):
            generator.set_state(state)
            with mixed_precision(self.settings, self.device):
                logits, steps = network(Batch(part, self.device))
            torch.autograd.backward([logits] if steps is None else [logits, steps], share)
            readings.append(network.token_vectors)
        network.token_vectors = join_token_vectors(readings)
        right = int(self.objective.right(output.logits, targets).sum())
        return StepResult(len(indices), loss.item(), right, self._non_finite())

    def update(self, rate: float, following: npt.NDArray[np.int64] | None = None) -> None:
        """See :meth:`HostStep.update`."""
        scale = clip(self.optimiser.weights.values(), self.settings.clip) if self.settings.clip else 1.0
        self.optimiser.step(rate, self.network.token_vectors, scale=scale)

    def _weights_of(self, indices: npt.NDArray[np.int64]) -> Tensor | None:
        weights = self.rows.weights
        return None if weights is None else torch.from_numpy(weights[indices]).to(self.device)

    def _non_finite(self) -> tuple[str, float] | None:
        gradients = {name: w.grad for name, w in self.optimiser.weights.items() if w.grad is not None}
        norms = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients.values()])
        if bool(torch.isfinite(norms).all()):
            return None
        return next((name, n) for name, n in zip(gradients, norms.tolist(), strict=True) if not math.isfinite(n))


def mixed_precision(settings: TrainingSettings, device: torch.device) -> AbstractContextManager[object]:
    """In which the network computes in the precision of the settings."""
    if settings.precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
