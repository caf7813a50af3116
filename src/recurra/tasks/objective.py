"""The training loss of a task, in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.models.batch import BatchLike
from recurra.models.network import Output
from recurra.tasks.base import Task

__all__ = ["Objective"]


class Objective:
    """The mean loss over a batch's rows, and over every step if the network asks for it. A task writes :meth:`each`.

    Args:
        task: what is learned.
        settings: of the training.
        targets: of all training rows.
        outputs: L, number of the network's outputs a row.
        every_step: share of the loss at every step, from the network's settings.
        device: of the batches.
    """

    absent: int = 0
    """The target at places of a batch without a token."""

    def __init__(
        self,
        task: Task,
        settings: Any,
        targets: npt.NDArray[Any],
        outputs: int,
        *,
        every_step: float = 0.0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.task, self.every_step, self.smoothing = task, every_step, settings.label_smoothing
        self.prepare(settings, targets, outputs, device)

    def __call__(
        self,
        output: Output,
        batch: BatchLike,
        targets: Tensor,
        weights: Tensor | None = None,
        totals: tuple[Tensor | int, Tensor | int] | None = None,
    ) -> Tensor:
        """The mean loss of a batch.

        Args:
            output: of the network.
            batch: the documents.
            targets: [B, …], of the documents.
            weights: float32[B], what the loss of each document counts; all alike if not given.
            totals: :meth:`totals` of a larger batch, of which this is a part: its share of that batch's loss is given.
        """
        each = self.each(output.logits, targets)
        total = self.weight(targets, weights) if totals is None else totals[0]
        pooled = (each if weights is None else weights * each).sum() / total
        if output.steps is None or batch.running == 0:
            return pooled
        sorted_targets, present = batch.in_length_order(targets), batch.lengths > 0
        each = self.each(output.steps, batch.by_token(sorted_targets, self.absent))
        # A mean over each document's steps first, so that long documents do not count for more.
        each = each / batch.by_token(batch.lengths, 1)
        if weights is None:
            steps, counts = each.sum(), present
        else:
            sorted_weights = batch.in_length_order(weights)
            steps = (batch.by_token(sorted_weights, 0) * each).sum()
            counts = sorted_weights * present
        weight = self.weight(sorted_targets, counts) if totals is None else totals[1]
        return (1 - self.every_step) * pooled + self.every_step * steps / weight

    def totals(self, targets: Tensor, weights: Tensor | None, present: Tensor) -> tuple[Tensor | int, Tensor | int]:
        """What the sums over a batch are divided by: over its documents, and over their steps.

        Args:
            targets: [B, …], of the documents.
            weights: float32[B], what each counts; all alike if not given.
            present: bool[B], which of them have a token.
        """
        counts = present if weights is None else weights * present
        return self.weight(targets, weights), self.weight(targets, counts)

    def prepare(self, settings: Any, targets: npt.NDArray[Any], outputs: int, device: torch.device | str) -> None:
        """Stores what :meth:`each` needs, such as class weights. Arguments: see :class:`Objective`."""

    def each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of each row, [rows].

        Args:
            logits: [rows, L].
            targets: [rows, …].
        """
        raise NotImplementedError(f"{type(self).__name__} has to override each: it has no default")

    def weight(self, targets: Tensor, counts: Tensor | None = None) -> Tensor | int:
        """The number by which the sum over rows is divided.

        Args:
            targets: [rows, …].
            counts: bool or float [rows], which rows there are, or what each counts; 1 if not given.
        """
        return len(targets) if counts is None else counts.sum()

    def probabilities(self, logits: Tensor) -> npt.NDArray[np.float64]:
        """Probabilities [B, C] from logits [B, L] on the CPU."""
        return np.asarray(self.task.probabilities(logits.double().numpy()))

    def right(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Which rows have the right answer during training, bool[B]."""
        probabilities = self.task.probabilities(logits.detach().float().cpu().numpy())
        return torch.from_numpy(self.task.right(probabilities, targets.cpu().numpy()))

    def validation_losses(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of each held-out row, [rows], which early stopping and the choice of the best epoch look at."""
        return self.each(logits, targets)
