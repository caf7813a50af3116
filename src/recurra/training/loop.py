"""The training loop: batches, steps, checks on held-out rows, checkpoints, an end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.batches import Batches, cut_batches
from recurra.errors import TrainingError
from recurra.models.network import Network
from recurra.presets.training_settings import TrainingSettings
from recurra.training.callbacks import Check, History, Listener, Window
from recurra.training.checkpoint import Position, read_checkpoint, unreadable, write_checkpoint
from recurra.training.epochs import balanced_rows
from recurra.training.held_out import logits
from recurra.training.optimisers.averaging import Average
from recurra.training.process import Interrupt
from recurra.training.schedule import learning_rate
from recurra.training.steps.autograd import AutogradStep, Rows, Step, Stepped
from recurra.training.steps.compiled import DirectStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.micro_batches import SparingStep
from recurra.training.threads import fitting_threads

__all__ = ["Outcome", "Rows", "Trainer"]

# Points of the curves within an epoch. Held-out rows are looked at that often in the first epoch, in which most is
# learned, and at the end of each later one.
WINDOWS, CHECKS = 20, 5
# Sound weights are copied at the beginning of each window at first, and every so many steps after so many of them: a
# copy takes milliseconds, the time of ten steps of a small network.
KEPT_EARLY, KEPT_EVERY = 50, 500
# Seconds that steps on a device may take before a person who waits or interrupts is heard again.
LOOK_EVERY = 0.25


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        history: the curves.
        steps: updates made.
        documents: documents trained on, each epoch counted.
        seconds: time spent in training steps, without checks and checkpoints.
        epochs: whole epochs done.
        best_epoch: the epoch whose weights the network now has, 0 if none was chosen.
        interrupted: whether a person stopped it.
        failure: what stopped it, if it could not go on.
    """

    history: History
    steps: int
    documents: int
    seconds: float
    epochs: int
    best_epoch: int
    interrupted: bool
    failure: TrainingError | None


class Trainer:
    """Trains a network in place.

    Args:
        network: on its device, with its dropout seeded.
        rows: to learn from.
        held: held-out rows, or none.
        settings: of the training.
        pad_to: for unmasked networks, the length up to which held-out documents get pads.
        folder: for checkpoints; none are written without it.
        run: fingerprint of data and settings.
        checkpoint_seconds: time between checkpoints.
        listener: hears of the progress.
    """

    def __init__(
        self,
        network: Network,
        rows: Rows,
        held: Rows | None,
        settings: TrainingSettings,
        *,
        pad_to: int | None = None,
        folder: Path | None = None,
        run: str = "",
        checkpoint_seconds: float = 60.0,
        listener: Listener | None = None,
    ) -> None:
        self.network, self.rows, self.held, self.settings = network, rows, held, settings
        self.pad_to, self.folder, self.run_name = pad_to, folder, run
        self.checkpoint_seconds = checkpoint_seconds
        self.listener = listener or Listener()
        self.device = network.generator.device
        self.weights = network.named_weights()
        if settings.freeze_vectors and "embedding" in self.weights:
            self.weights["embedding"].requires_grad_(False)
        self.average = Average(self.weights, settings.averaging) if settings.averaging else None
        self.step: Step | DeviceStep
        if DeviceStep.takes(network, rows.task):
            self.step = DeviceStep(network, rows, settings, self.average)
        else:
            parted = (DirectStep if DirectStep.takes(network, settings, rows.task) else AutogradStep)(
                network, rows, settings
            )
            self.step = SparingStep(
                parted,
                rows,
                masked=network.settings.masked,
                generator=network.generator if network.settings.draws else None,
                listener=self.listener,
            )
        self.objective = rows.task.objective(settings, rows.targets, len(self.weights["b_O"]))
        self._steps_at_once = 1
        self.best: dict[str, Tensor] | None = None
        self.good: dict[str, Tensor] | None = None
        self.position = Position()
        self.history = History()

    def resume(self) -> bool:
        """Goes back to the folder's checkpoint; says whether there was one.

        Raises:
            TrainingError: it cannot be read, or belongs to other data or settings.
        """
        found = read_checkpoint(self.folder, run=self.run_name, layout=self._layout) if self.folder else None
        if self.folder is None or found is None:
            return False
        tensors, self.position = found
        self.history = History.from_json(self.position.history)
        self._restore({name.removeprefix("weight."): t for name, t in tensors.items() if name.startswith("weight.")})
        self.step.restore(tensors, self.position.steps)
        try:
            self.network.generator.set_state(tensors["generator"])
        except RuntimeError as error:
            raise unreadable(self.folder, error) from error
        if self.average:
            self.average.tensors = {name: tensors[f"average.{name}"].to(self.device) for name in self.weights}
        if self.position.best_epoch:
            self.best = {name: tensors[f"best.{name}"] for name in self.weights}
        return True

    def run(self) -> Outcome:
        """Trains to the end, to an interruption or to a failure; the network then has the weights to keep.

        Raises:
            TrainingError: it failed before there were any weights to keep.
        """
        self.listener.started(len(self.rows) * self.settings.epochs, self.position.documents)
        failure: TrainingError | None = None
        with Interrupt() as interrupt, fitting_threads(self.network.settings), _exact_products():
            try:
                for _ in self._steps():
                    if interrupt.received or self.listener.enough():
                        break
            except TrainingError as error:
                failure = error
        if failure is None:
            self._checkpoint()
        elif not (self.best or self.good):
            raise failure
        self._restore(self.best or (self.good if failure and self.good else self._latest()))
        position = self.position
        return Outcome(
            history=self.history,
            steps=position.steps,
            documents=position.documents,
            seconds=position.seconds,
            epochs=position.epoch,
            best_epoch=position.best_epoch if self.best else 0,
            interrupted=interrupt.received,
            failure=failure,
        )

    def _steps(self) -> Iterator[None]:
        position, settings = self.position, self.settings
        saved = time.monotonic()
        while not position.finished:
            batches = epoch_batches(self.rows.documents.lengths, settings, position.epoch, self.rows.targets)
            checks = 1 if position.epoch or not self.held else CHECKS
            while position.batch < len(batches):
                began = time.perf_counter()
                if isinstance(self.step, DeviceStep):
                    self._stretch(self.step, batches, stop=_next_due(position.batch, len(batches), checks))
                else:
                    self._step(self.step, batches)
                position.seconds += time.perf_counter() - began
                if _due(position.batch, len(batches), checks):
                    self._check(position.batch / len(batches), self._rate(position.batch - 1, len(batches)))
                if position.batch == len(batches):
                    break
                if self.folder and time.monotonic() - saved > self.checkpoint_seconds:
                    self._checkpoint()
                    saved = time.monotonic()
                yield
            self._stop_if_broken(position.steps, self._rate(len(batches) - 1, len(batches)))
            position.epoch += 1
            position.batch = 0
            position.finished = position.epoch >= settings.epochs or self._stop_early()
            self._checkpoint()
            yield

    def _rate(self, batch: int, batches: int) -> float:
        """The learning rate of a batch of the running epoch."""
        return learning_rate(self.settings, (self.position.epoch + batch / batches) / self.settings.epochs)

    def _step(self, step: Step, batches: Batches) -> None:
        """A step on the next batch; the one after it is only made ready."""
        position = self.position
        indices, *following = batches[position.batch : position.batch + 2]
        rate = self._rate(position.batch, len(batches))
        found = step.gradient(indices)
        self._stop_if_not_finite(found, rate)
        early = position.steps < KEPT_EARLY and position.window_documents == 0
        if self.good is None or early or position.steps % KEPT_EVERY == 0:
            self.good = self._trained() or self.good
        step.update(rate, *following)
        position.steps += 1
        if self.average:
            step.settle()
            self.average.update(self.average.share(position.steps))
        self._count(found, indices, len(batches))

    def _stretch(self, step: DeviceStep, batches: Batches, *, stop: int) -> None:
        """Steps on the next batches, before batch ``stop``, between two looks at the device."""
        position, began = self.position, time.perf_counter()
        some = batches[position.batch : min(stop, position.batch + self._steps_at_once)]
        some = some[: step.most(some)]
        rates = [self._rate(position.batch + place, len(batches)) for place in range(len(some))]
        before = self._trained()
        found = step.run(some, rates)
        if found.taken and before:
            # Their loss and gradient were sound.
            self.good = before
        for indices, one in zip(some, found.taken, strict=False):
            position.steps += 1
            self._count(one, indices, len(batches))
        if found.failed:
            self._stop_if_not_finite(found.failed, rates[len(found.taken)])
        quick = time.perf_counter() - began < LOOK_EVERY
        self._steps_at_once = max(self._steps_at_once, 2 * len(some)) if quick else max(1, len(some) // 2)

    def _count(self, found: Stepped, indices: npt.NDArray[np.int64], batches: int) -> None:
        """Takes a step on a batch into the curves."""
        position = self.position
        position.batch += 1
        position.documents += len(indices)
        position.window_documents += len(indices)
        position.loss_sum += found.loss * len(indices)
        position.right_sum += found.right
        self.listener.stepped(len(indices), found.loss)
        if _due(position.batch, batches, WINDOWS):
            self._close_window(position.batch / batches, self._rate(position.batch - 1, batches))

    def _stop_if_not_finite(self, found: Stepped, rate: float) -> None:
        # Looked at before the update, which would spread one wrong number over all weights.
        step = self.position.steps + 1
        if not math.isfinite(found.loss):
            self._stop_if_broken(step, rate)
            raise self._failure(f"The training loss became {found.loss}", step, rate)
        if found.wrong:
            name, norm = found.wrong
            raise self._failure(f"The gradient of {name} became {norm}", step, rate)

    def _stop_if_broken(self, step: int, rate: float) -> None:
        for name, weight in self.weights.items():
            if bool(torch.isfinite(weight.detach().sum())):
                # The sum takes a tenth of the time, and is not finite if a number of it is not.
                continue
            wrong = weight.detach()[~torch.isfinite(weight)]
            if len(wrong):
                raise self._failure(f"The weight {name} became {wrong[0].item()}", step, rate)

    def _failure(self, what: str, step: int, rate: float) -> TrainingError:
        place = f"step {step} (epoch {self.position.epoch + 1}, learning rate {rate:g})"
        return TrainingError(f"{what} at {place}", "Lower learning_rate, or set clip to 1 or less.")

    def _trained(self) -> dict[str, Tensor] | None:
        """Copies of trained weights: a run that fails goes back to the last that have given a finite loss."""
        if not self.position.steps:
            return None
        return {name: tensor.clone() for name, tensor in self._latest().items()}

    def _close_window(self, share: float, rate: float) -> None:
        position = self.position
        if position.window_documents:
            loss = position.loss_sum / position.window_documents
            accuracy = position.right_sum / position.window_documents
            self.history.training.append(Window(position.epoch + share, loss, accuracy, rate))
            self.listener.windowed(self.history.training[-1])
        position.loss_sum, position.right_sum, position.window_documents = 0.0, 0, 0

    def _check(self, share: float, rate: float) -> None:
        if not self.held:
            return
        current = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self._restore(self._latest())
        scores = logits(self.network, self.held.documents, pad_to=self.pad_to)
        self._restore(current)
        targets = torch.from_numpy(self.held.targets)
        loss = self.objective.held_out(scores, targets)
        if not math.isfinite(loss):
            self._stop_if_broken(self.position.steps, rate)
            raise self._failure(f"The validation loss became {loss}", self.position.steps, rate)
        accuracy = self.objective.right(scores, targets).float().mean().item()
        check = Check(self.position.epoch + share, loss, accuracy)
        self.history.validation.append(check)
        self.listener.checked(check)
        best = self.position.best_loss
        if self.settings.patience and share == 1 and (best is None or loss < best):
            self.position.best_loss, self.position.best_epoch = loss, self.position.epoch + 1
            self.best = {name: tensor.clone() for name, tensor in self._latest().items()}

    def _stop_early(self) -> bool:
        patience, position = self.settings.patience, self.position
        return bool(patience and self.held) and position.epoch - position.best_epoch >= patience

    def _latest(self) -> dict[str, Tensor]:
        if self.average:
            return self.average.tensors
        return {name: weight.detach() for name, weight in self.weights.items()} | self.step.settled()

    @torch.no_grad()
    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(tensors[name])

    def _checkpoint(self) -> None:
        if not self.folder:
            return
        self.position.history = self.history.to_json()
        tensors = {f"weight.{name}": weight.data for name, weight in self.weights.items()}
        tensors |= self.step.tensors()
        tensors["generator"] = self.network.generator.get_state()
        if self.average:
            tensors |= {f"average.{name}": tensor for name, tensor in self.average.tensors.items()}
        if self.best:
            tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
        write_checkpoint(self.folder, tensors, self.position, run=self.run_name)

    def _layout(self, position: Position) -> dict[str, Tensor]:
        """Tensors shaped like those of a checkpoint that was written at a position."""
        groups: dict[str, dict[str, torch.nn.Parameter]] = {"weight": self.weights}
        if self.average:
            groups["average"] = self.weights
        if position.best_epoch:
            groups["best"] = self.weights
        layout = {f"{group}.{name}": weight for group, weights in groups.items() for name, weight in weights.items()}
        return {**layout, **self.step.layout(position.steps), "generator": self.network.generator.get_state()}


def _due(batch: int, batches: int, times: int) -> bool:
    """Whether what is done so many times an epoch is done after so many batches of it."""
    return batch * times // batches > (batch - 1) * times // batches


def _next_due(batch: int, batches: int, times: int) -> int:
    """After how many batches it is next done."""
    return -(-(batch * times // batches + 1) * batches // times)


@contextmanager
def _exact_products() -> Iterator[None]:
    """Keeps cuDNN from rounding float32 products to tf32's ten bits, which it does unless told not to."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def epoch_batches(
    lengths: npt.NDArray[np.int64],
    settings: TrainingSettings,
    epoch: int,
    targets: npt.NDArray[np.int64] | None = None,
) -> Batches:
    """The batches of an epoch; the same for the same seed.

    Args:
        lengths: int64[B], tokens of each training row.
        settings: of the training.
        epoch: how many were before.
        targets: int64[B], the rows' classes, which a balanced sampler needs.
    """
    generator = np.random.default_rng([settings.seed, epoch])
    rows = None
    if settings.sampler == "balanced":
        if targets is None:
            raise TypeError("A balanced sampler needs the rows' classes")
        rows = balanced_rows(targets, generator)
    batches = cut_batches(
        lengths if rows is None else lengths[rows],
        batch_size=settings.batch_size,
        batch_tokens=settings.batch_tokens,
        bucketing=settings.bucketing,
        generator=generator,
    )
    return batches if rows is None else batches.of(rows)
