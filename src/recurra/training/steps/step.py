"""What a step is: it takes batches of training rows and moves the weights."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import BatchPart, Packed, Ragged, pack
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.presets import TrainingSettings
from recurra.tasks import SINGLE_LABEL, Task
from recurra.training.distributed import Processes
from recurra.training.optimisers.averaging import MovingAverage
from recurra.training.steps.micro_batches import MicroBatches, is_out_of_memory

__all__ = ["EncodedRows", "HostStep", "Step", "StepResult", "StepResults", "broken_weight", "longest_of", "pack_batch"]

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncodedRows:
    """Encoded documents and what is true of them.

    Attributes:
        documents: token ids.
        targets: targets of the B documents, as the task defines them.
        task: what is learned.
        weights: float32[B], what the loss of each document counts; ``None`` if all count alike.
    """

    documents: Ragged
    targets: npt.NDArray[Any]
    task: Task = SINGLE_LABEL
    weights: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: Places) -> EncodedRows:
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return EncodedRows(self.documents.take(rows), self.targets[rows], self.task, weights)


class StepResult(NamedTuple):
    """What a batch gave.

    Attributes:
        documents: B, of the batch.
        loss: its mean loss before the update.
        correct: documents that were classified correctly before the update.
        non_finite: the weight whose gradient is not finite, and that gradient's norm; ``None`` where all are.
    """

    documents: int
    loss: float
    correct: int
    non_finite: tuple[str, float] | None = None

    @property
    def is_finite(self) -> bool:
        """Whether the weights may be moved by it."""
        return math.isfinite(self.loss) and self.non_finite is None


class StepResults(NamedTuple):
    """What a run of steps gave.

    Attributes:
        taken: of each step that moved the weights, in order.
        failed: of the step whose loss or gradient is not finite; neither it nor those after it moved anything.
    """

    taken: list[StepResult]
    failed: StepResult | None = None


class Step(Protocol):
    """Moves a network's weights batch by batch, and its moving average with them."""

    def limit(self, batches: Sequence[Places]) -> int:
        """How many of the next batches :meth:`run` can take at once, at least 1."""

    def run(self, batches: Sequence[Places], rates: Sequence[float], following: Places | None = None) -> StepResults:
        """Takes a step on each batch.

        Args:
            batches: the training rows of each, as many as :meth:`limit` allows.
            rates: the learning rates.
            following: the training rows of the batch after these, which may be prepared meanwhile.

        Raises:
            TrainingError: memory runs out on a single document.
        """

    def flush(self) -> None:
        """Applies the updates that were put off."""

    def flushed(self) -> dict[str, Tensor]:
        """Copies of those weights as :meth:`flush` would leave them, without a change to the run's rounding."""

    def tensors(self) -> dict[str, Tensor]:
        """The optimiser's state, for a checkpoint."""

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """Restores what :meth:`tensors` returned after ``steps`` steps."""

    def layout(self, steps: int) -> dict[str, Tensor]:
        """Tensors shaped like those of :meth:`tensors` after ``steps`` steps."""


class OptimiserState(Protocol):
    """What a checkpoint keeps of an optimiser; see :class:`Step`."""

    def tensors(self) -> dict[str, Tensor]: ...

    def restore(self, tensors: Mapping[str, Tensor], steps: int) -> None: ...

    def layout(self, steps: int) -> dict[str, Tensor]: ...


class HostStep(ABC):
    """A step that the host leads: one batch after the other, in micro-batches where memory runs out.

    Args:
        network: on its device.
        rows: to learn from.
        settings: the training settings.
        average: moving average of the weights, updated with each step.
        say: called once, with a message, when batches are cut.
        processes: those that take each step together, each on a part of the batch; ``None`` where this one is alone.

    Attributes:
        optimiser: made by :meth:`prepare`.
        batch: the training rows of the batch of which a part is computed.
    """

    optimiser: OptimiserState
    batch: Places

    def __init__(
        self,
        network: Network,
        rows: EncodedRows,
        settings: TrainingSettings,
        average: MovingAverage | None = None,
        say: Callable[[str], None] = lambda message: None,
        processes: Processes | None = None,
    ) -> None:
        self.network, self.rows, self.settings, self.average = network, rows, settings, average
        self.processes = processes
        self.steps = 0
        self.micro_batches = MicroBatches(
            self.gradient,
            self.gradient_in_parts,
            rows.documents.lengths,
            masked=network.settings.masked,
            generator=network.generator if network.settings.uses_dropout else None,
            say=say,
        )
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Makes the optimiser, and what else the steps need."""

    @abstractmethod
    def gradient(self, indices: Places) -> StepResult:
        """Loss and gradients of a batch of training rows; of a part of it, where the network has one set."""

    @abstractmethod
    def gradient_in_parts(self, parts: Sequence[Places]) -> StepResult:
        """What :meth:`gradient` gives for all parts together, to the rounding of float32.

        Args:
            parts: the training rows of each, two or more.
        """

    @abstractmethod
    def add_up(self, result: StepResult) -> StepResult:
        """Sums up loss and gradients over the processes.

        Args:
            result: of the part that this process has computed.
        """

    @abstractmethod
    def update(self, rate: float, following: Places | None = None) -> None:
        """Moves the weights along the last gradients, clipped. Arguments: see :meth:`Step.run`."""

    def flush(self) -> None:
        """See :meth:`Step.flush`; nothing is put off unless a subclass says so."""
        return

    def flushed(self) -> dict[str, Tensor]:
        """See :meth:`flush`."""
        return {}

    def tensors(self) -> dict[str, Tensor]:
        """See :meth:`Step.tensors`."""
        return self.optimiser.tensors()

    def restore(self, tensors: dict[str, Tensor], steps: int) -> None:
        """See :meth:`Step.restore`."""
        self.steps = steps
        self.optimiser.restore(tensors, steps)

    def layout(self, steps: int) -> dict[str, Tensor]:
        """See :meth:`Step.layout`."""
        return self.optimiser.layout(steps)

    def limit(self, batches: Sequence[Places]) -> int:
        """One, so that a person who waits or interrupts is heard after each."""
        return 1

    def run(self, batches: Sequence[Places], rates: Sequence[float], following: Places | None = None) -> StepResults:
        """See :meth:`Step.run`."""
        taken: list[StepResult] = []
        for place, indices in enumerate(batches):
            result = self.micro_batches.gradient(indices) if self.processes is None else self._joint_gradient(indices)
            # Looked at before the update, which would spread one wrong number over all weights.
            if not result.is_finite:
                return StepResults(taken, result)
            self.update(rates[place], batches[place + 1] if place + 1 < len(batches) else following)
            self.steps += 1
            if self.average:
                self.flush()
                self.average.update(self.average.share(self.steps))
            taken.append(result)
        return StepResults(taken)

    def _joint_gradient(self, indices: Places) -> StepResult:
        """Loss and gradients of a batch of which each process computes a part.

        Raises:
            LostProcessError: another process does not answer.
            TrainingError: memory runs out.
        """
        assert self.processes is not None  # noqa: S101
        rank, size = self.processes.rank, self.processes.size
        whole = pack_batch(self.network, self.rows.documents, indices)
        self.batch, self.network.part = indices, (part := BatchPart.of(whole, rank, size))
        try:
            found = self.gradient(indices[part.documents])
            return self.add_up(found if part.counted else found._replace(correct=0))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise TrainingError(
                f"Memory runs out on {len(part.places):,} of the {len(indices):,} documents of a batch, the part of "
                f"process {rank}",
                "Start more processes, or lower batch_size or batch_tokens.",
            ) from error
        finally:
            self.network.part = None


def broken_weight(weights: Mapping[str, Tensor]) -> tuple[str, float] | None:
    """The first weight that has a number which is not finite, and that number."""
    for name, weight in weights.items():
        if bool(torch.isfinite(weight.detach().sum())):
            # The sum takes a tenth of the time, and is not finite if a number of it is not.
            continue
        wrong = weight.detach()[~torch.isfinite(weight)]
        if len(wrong):
            return name, wrong[0].item()
    return None


def longest_of(documents: Ragged, indices: Places) -> int:
    """Tokens of the longest of some documents."""
    return int((documents.offsets[indices + 1] - documents.offsets[indices]).max(initial=0))


def pack_batch(network: Network, documents: Ragged, indices: Places, *, longest: int = 0) -> Packed:
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
