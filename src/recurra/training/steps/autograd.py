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
from recurra.models.network import UNKNOWN, TokenVectors
from recurra.presets import TrainingSettings
from recurra.training.distributed import HEADER
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
        part = self.network.part
        packed = pack_batch(self.network, self.rows.documents, indices) if part is None else part.packed()
        batch = Batch(packed, self.device)
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        self.network.train()
        with mixed_precision(self.settings, self.device):
            output = self.network(batch)
            loss = self.objective(output, batch, targets, self._weights_of(indices), self._totals)
            if part is not None and not part.counted:
                loss = loss * 0
        self.optimiser.zero_grad()
        loss.backward()
        right = int(self.objective.right(output.logits, targets).sum())
        return StepResult(len(indices), loss.item(), right, None if part else self._non_finite())

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

    def add_up(self, result: StepResult) -> StepResult:
        """See :meth:`HostStep.add_up`; of the embedding, the rows of the batch's words."""
        part, processes = self.network.part, self.processes
        assert part is not None  # noqa: S101
        assert processes is not None  # noqa: S101
        weights, tokens = self.optimiser.weights, self.network.token_vectors
        # An unknown word may stand for any.
        ids = np.append(part.whole.ids, UNKNOWN) if self.network.settings.word_dropout else part.whole.ids
        words = torch.from_numpy(np.unique(ids).astype(np.int64)).to(self.device)
        parts = [torch.zeros(HEADER, dtype=next(iter(weights.values())).dtype, device=self.device)]
        for name, weight in weights.items():
            gradient = torch.zeros_like(weight) if weight.grad is None else weight.grad
            parts.append(gradient[words] if name == "embedding" else gradient)
        reads = self.optimiser.reads_tokens and "embedding" in weights
        if reads:
            parts += _by_word(tokens, words, like=weights["embedding"])
        numbers = torch.cat([one.reshape(-1).to(parts[0].dtype) for one in parts])
        loss, correct = processes.add_up_step(numbers, result.loss, result.correct)
        sums = [
            one.view(like.shape)
            for one, like in zip(torch.split(numbers, [one.numel() for one in parts]), parts, strict=True)
        ]
        for (name, weight), found in zip(weights.items(), sums[1:], strict=False):
            if name == "embedding":
                weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
                weight.grad[words] = found
            else:
                weight.grad = found.clone()
        if reads:
            self.network.token_vectors = _token_vectors(words, *sums[-2:])
        return StepResult(len(self.batch), loss, correct, self._non_finite())

    def update(self, rate: float, following: npt.NDArray[np.int64] | None = None) -> None:
        """See :meth:`HostStep.update`."""
        scale = clip(self.optimiser.weights.values(), self.settings.clip) if self.settings.clip else 1.0
        self.optimiser.step(rate, self.network.token_vectors, scale=scale)

    @property
    def _totals(self) -> tuple[Tensor | int, Tensor | int] | None:
        """Of the batch that the part at hand belongs to."""
        part = self.network.part
        if part is None:
            return None
        indices = self.batch[part.whole.order]
        targets = torch.from_numpy(self.rows.targets[indices]).to(self.device)
        present = torch.from_numpy(part.whole.lengths > 0).to(self.device)
        found: tuple[Tensor | int, Tensor | int]
        found = self.objective.totals(targets, self._weights_of(indices), present)
        return found

    def _weights_of(self, indices: npt.NDArray[np.int64]) -> Tensor | None:
        weights = self.rows.weights
        return None if weights is None else torch.from_numpy(weights[indices]).to(self.device)

    def _non_finite(self) -> tuple[str, float] | None:
        gradients = {name: w.grad for name, w in self.optimiser.weights.items() if w.grad is not None}
        norms = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients.values()])
        if bool(torch.isfinite(norms).all()):
            return None
        return next((name, n) for name, n in zip(gradients, norms.tolist(), strict=True) if not math.isfinite(n))


def _by_word(tokens: TokenVectors | None, words: Tensor, *, like: Tensor) -> list[Tensor]:
    """Of each word, the sum of its tokens' squared gradients, [U, E], and how many tokens there are, [U]."""
    squares, counts = like.new_zeros(len(words), like.shape[1]), like.new_zeros(len(words))
    if tokens is not None and tokens.vectors.grad is not None:
        places = torch.searchsorted(words, tokens.ids.long())
        squares.index_add_(0, places, tokens.vectors.grad**2)
        counts.index_add_(0, places, torch.ones_like(places, dtype=counts.dtype))
    return [squares, counts]


def _token_vectors(words: Tensor, squares: Tensor, counts: Tensor) -> TokenVectors:
    """One token for each word that there is, whose squared gradient is the sum of those of all its tokens."""
    there = counts > 0
    vectors = squares[there].sqrt()
    vectors.grad = vectors.clone()
    return TokenVectors(words[there], vectors)


def mixed_precision(settings: TrainingSettings, device: torch.device) -> AbstractContextManager[object]:
    """In which the network computes in the precision of the settings."""
    if settings.precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
