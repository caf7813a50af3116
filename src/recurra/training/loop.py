"""The training loop: batches, steps, checks on held-out rows, checkpoints, an end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from recurra.batches import Batches
from recurra.batches.epochs import epoch_batches, is_due, next_due
from recurra.errors import TrainingError
from recurra.interrupt import Interrupt
from recurra.models.network import Network
from recurra.models.torch_process import exact_products, fitting_threads
from recurra.presets import TrainingSettings
from recurra.training.callbacks import Callback, Callbacks, History, TrainingMetrics, ValidationMetrics
from recurra.training.checkpoint import Position, layout_of_weights, read_checkpoint, unreadable, write_checkpoint
from recurra.training.distributed import LostProcessError, Processes, Stop
from recurra.training.early_stopping import majority_share, no_longer_learns
from recurra.training.held_out import logits
from recurra.training.optimisers.averaging import MovingAverage
from recurra.training.outcome import Outcome
from recurra.training.run import TimeLimit
from recurra.training.steps import choose_step
from recurra.training.steps.step import EncodedRows, StepResult, broken_weight

__all__ = ["Outcome", "Trainer"]

# Points of the curves within an epoch. Held-out rows are looked at that often in the first epoch, in which most is
# learned, and at the end of each later one; the second divides the first.
LOGS, VALIDATIONS = 20, 5
# Sound weights are copied at the beginning of each window at first, and every so many steps after so many of them: a
# copy takes milliseconds, the time of ten steps of a small network.
KEPT_EARLY, KEPT_EVERY = 50, 500
# Seconds that steps on a device may take before a person who waits or interrupts is heard again.
LOOK_EVERY = 0.25


class Trainer:
    """Trains a network in place.

    Args:
        network: on its device, with its dropout seeded.
        rows: to learn from.
        held: held-out rows, or none.
        settings: the training settings.
        pad_to: for unmasked networks, the length up to which held-out documents get pads.
        folder: for checkpoints; none are written without it.
        fingerprint: fingerprint of data and settings.
        checkpoint_seconds: time between checkpoints.
        limit: the time that the run may take.
        callbacks: notified of the progress.
        processes: those that train together; ``None`` where this one is alone.
    """

    def __init__(
        self,
        network: Network,
        rows: EncodedRows,
        held: EncodedRows | None,
        settings: TrainingSettings,
        *,
        pad_to: int | None = None,
        folder: Path | None = None,
        fingerprint: str = "",
        checkpoint_seconds: float = 60.0,
        limit: TimeLimit | None = None,
        callbacks: Callback | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.network, self.rows, self.held, self.settings = network, rows, held, settings
        self.pad_to, self.folder, self.fingerprint = pad_to, folder, fingerprint
        self.checkpoint_seconds, self.processes = checkpoint_seconds, processes
        self.limit = limit or TimeLimit(None, 0.0)
        self.callbacks = callbacks or Callbacks()
        self.device = network.generator.device
        self.weights = network.named_weights()
        if settings.freeze_vectors and "embedding" in self.weights:
            self.weights["embedding"].requires_grad_(False)
        self.average = MovingAverage(self.weights, settings.averaging) if settings.averaging else None
        say = self.callbacks.on_message
        self.step = choose_step(network, rows, settings, average=self.average, say=say, processes=processes)
        self.objective = rows.task.objective(settings, rows.targets, len(self.weights["b_O"]))
        self._steps_at_once, self._may_grow = 1, True
        # The step before which the sound weights were copied.
        self._good_since = 0
        # The step whose weights were last compared with the best.
        self._compared = 0
        self.best: dict[str, Tensor] | None = None
        # Of the held-out rows, [rows], with the best weights; and whether those of the last epoch are worse for sure.
        self.best_losses, self._is_worse = torch.empty(0), False
        self.good: dict[str, Tensor] | None = None
        self.position = Position()
        self.history = History()

    def resume(self) -> bool:
        """Restores the folder's checkpoint, and returns whether there was one; that of the first of several processes.

        Raises:
            TrainingError: it cannot be read, or belongs to other data or settings.
        """
        found = read_checkpoint(self.folder, run=self.fingerprint, layout=self._layout, processes=self.processes)
        if found is None:
            return False
        tensors, self.position = found
        self.history = History.from_dict(self.position.history)
        self._restore({name.removeprefix("weight."): t for name, t in tensors.items() if name.startswith("weight.")})
        self.step.restore(tensors, self.position.steps)
        try:
            self.network.generator.set_state(tensors["generator"])
        except RuntimeError as error:
            raise unreadable(self.folder or Path(), error) from error
        if self.average:
            self.average.tensors = {name: tensors[f"average.{name}"].to(self.device) for name in self.weights}
        if self.position.best_epoch:
            self.best = {name: tensors[f"best.{name}"] for name in self.weights}
            self.best_losses = tensors["best_losses"]
        return True

    def run(self) -> Outcome:
        """Trains to the end, to an interruption or to a failure; the network then has the weights to keep.

        Raises:
            TrainingError: it failed before there were any weights to keep.
        """
        failure: TrainingError | None = None
        interrupted = self.position.time_is_up = False
        documents = len(self.rows) * self.settings.epochs
        self.limit.begin_training(self.position.documents / documents)
        self.callbacks.on_train_begin(documents, self.position.documents)
        try:
            patient = self.processes is not None
            with Interrupt(patient=patient) as interrupt, fitting_threads(self.network.settings), exact_products():
                for _ in self._steps():
                    interrupted, stopped, late = self._reasons_to_stop(interrupt.received)
                    if interrupted or stopped:
                        break
                    if late:
                        self._end_in_time()
                        break
        except LostProcessError:
            raise
        except TrainingError as error:
            failure = error
        finally:
            self.callbacks.on_train_end()
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
            interrupted=interrupted or interrupt.received,
            time_is_up=position.time_is_up,
            failure=failure,
            processes=1 if self.processes is None else self.processes.size,
            bytes_per_step=0 if self.processes is None else self.processes.bytes_per_step,
        )

    def _reasons_to_stop(self, interrupted: bool) -> tuple[bool, bool, bool]:
        """Whether a person interrupts, a callback stops or the time is up; what any of several processes has found.

        They end after the same step, which is the next one: what each of them wishes travels with its gradients.
        """
        found = [interrupted, False, False]
        if self.processes is None or self.processes.is_first:
            found[Stop.CALLBACK] = not interrupted and self.callbacks.should_stop()
            found[Stop.TIME_IS_UP] = not any(found) and not self.position.finished and self._time_is_up()
        if self.processes is not None:
            self.processes.wishes, found = found, self.processes.agreed
        return found[Stop.INTERRUPTED], found[Stop.CALLBACK], found[Stop.TIME_IS_UP]

    def _steps(self) -> Iterator[None]:
        position, settings = self.position, self.settings
        saved = time.monotonic()
        while not position.finished:
            batches = epoch_batches(self.rows.documents.lengths, settings, position.epoch, self.rows.targets)
            validations = 1 if position.epoch or not self.held else VALIDATIONS
            while position.batch < len(batches):
                began = time.perf_counter()
                self._run_steps(batches)
                spent = time.perf_counter() - began
                position.seconds += spent
                self.limit.note("steps", spent)
                if is_due(position.batch, len(batches), validations):
                    self._validate(position.batch / len(batches), self._rate(position.batch - 1, len(batches)))
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
            self.callbacks.on_epoch_end(position.epoch)
            yield

    def _rate(self, batch: int, batches: int) -> float:
        """The learning rate of a batch of the running epoch."""
        share = (self.position.epoch + batch / batches) / self.settings.epochs
        return self.settings.rate_at(max(share, self.limit.progress))

    def _run_steps(self, batches: Batches) -> None:
        """Steps on the next batches, up to the next point of the curves, between two looks at the device."""
        position, began = self.position, time.perf_counter()
        first, count = position.batch, len(batches)
        asked = min(next_due(first, count, LOGS) - first, self._steps_at_once)
        # One more, which may be made ready meanwhile.
        ahead = batches[first : first + asked + 1]
        taken = self.step.limit(ahead[:asked])
        some, following = ahead[:taken], ahead[taken] if taken < len(ahead) else None
        rates = [self._rate(batch, count) for batch in range(first, first + taken)]
        if self.processes is not None and self.limit.seconds is not None:
            # They follow the clock of the first.
            rates = self.processes.numbers_of_first(rates)
        before = self._trained() if self._copy_is_due() else None
        drawn = None if self.processes is None else self.network.generator.get_state()
        try:
            results = self.step.run(some, rates, following)
        except LostProcessError:
            # The step has moved nothing; what it drew is drawn again.
            if drawn is not None:
                self.network.generator.set_state(drawn)
            self._checkpoint()
            raise
        if results.taken and before:
            # Their loss and gradient were sound.
            self.good, self._good_since = before, position.steps
        position.steps += len(results.taken)
        for result in results.taken:
            self._count(result)
        self.callbacks.on_steps_end(results)
        if results.failed:
            self._fail(results.failed, rates[len(results.taken)])
        if is_due(position.batch, count, LOGS):
            self._log(position.batch / count, rates[-1])
        if time.perf_counter() - began >= LOOK_EVERY:
            self._steps_at_once = max(1, taken // 2)
        elif taken < asked:
            # The step takes no more at once.
            self._steps_at_once, self._may_grow = taken, False
        elif self._may_grow:
            self._steps_at_once = max(self._steps_at_once, 2 * taken)

    def _copy_is_due(self) -> bool:
        steps = self.position.steps
        early = steps < KEPT_EARLY and self.position.window_documents == 0
        return self.good is None or early or steps - self._good_since >= KEPT_EVERY

    def _count(self, result: StepResult) -> None:
        """Takes a step on a batch into the curves."""
        position = self.position
        position.batch += 1
        position.documents += result.documents
        position.window_documents += result.documents
        position.loss_sum += result.loss * result.documents
        position.right_sum += result.correct

    def _fail(self, result: StepResult, rate: float) -> None:
        """Raises a :class:`TrainingError` that says what of a step is not finite."""
        step = self.position.steps + 1
        if result.non_finite is None or not math.isfinite(result.loss):
            self._stop_if_broken(step, rate)
            raise self._failure(f"The training loss became {result.loss}", step, rate)
        name, norm = result.non_finite
        raise self._failure(f"The gradient of {name} became {norm}", step, rate)

    def _stop_if_broken(self, step: int, rate: float) -> None:
        if broken := broken_weight(self.weights):
            raise self._failure("The weight {} became {}".format(*broken), step, rate)

    def _failure(self, what: str, step: int, rate: float) -> TrainingError:
        place = f"step {step} (epoch {self.position.epoch + 1}, learning rate {rate:g})"
        return TrainingError(f"{what} at {place}", "Lower learning_rate, or set clip to 1 or less.")

    def _trained(self) -> dict[str, Tensor] | None:
        """Copies of trained weights: a run that fails goes back to the last that have given a finite loss."""
        if not self.position.steps:
            return None
        return {name: tensor.clone() for name, tensor in self._latest().items()}

    def _log(self, share: float, rate: float) -> None:
        position = self.position
        if position.window_documents:
            loss = position.loss_sum / position.window_documents
            accuracy = position.right_sum / position.window_documents
            self.history.training.append(TrainingMetrics(position.epoch + share, loss, accuracy, rate))
            self.callbacks.on_log(self.history.training[-1])
        position.loss_sum, position.right_sum, position.window_documents = 0.0, 0, 0

    def _time_is_up(self) -> bool:
        if self.limit.seconds is not None and self.held and self.position.documents:
            # A look at a document takes less than a step on it.
            a_document = self.position.seconds / self.position.documents
            self.limit.expect(a_document * len(self.held))
        return self.limit.is_up

    def _end_in_time(self) -> None:
        """Says how far the run came; the weights of the running epoch may be the best."""
        position = self.position
        position.time_is_up, done = True, position.documents / len(self.rows)
        if self.settings.patience and self._compared != position.steps:
            self._validate(done - position.epoch, self.settings.rate_at(done / self.settings.epochs))
        self.callbacks.on_message(f"The time is up after {done:.2f} of at most {self.settings.epochs} epochs.")

    def _validate(self, share: float, rate: float) -> None:
        if not self.held:
            return
        current = {name: weight.detach().clone() for name, weight in self.weights.items()}
        self._restore(self._latest())
        try:
            with self.limit.timed("validation"):
                scores = logits(self.network, self.held.documents, pad_to=self.pad_to, processes=self.processes)
        finally:
            self._restore(current)
        targets = torch.from_numpy(self.held.targets)
        losses = self.objective.validation_losses(scores, targets)
        loss = float(losses.mean())
        if not math.isfinite(loss):
            self._stop_if_broken(self.position.steps, rate)
            raise self._failure(f"The validation loss became {loss}", self.position.steps, rate)
        accuracy = self.objective.right(scores, targets).float().mean().item()
        metrics = ValidationMetrics(self.position.epoch + share, loss, accuracy)
        self.history.validation.append(metrics)
        self.callbacks.on_validation_end(metrics)
        best = self.position.best_loss
        late = self.limit.is_up if self.processes is None else self.position.time_is_up
        if not self.settings.patience or not (share == 1 or late):
            return
        self._compared = self.position.steps
        if best is None or loss < best:
            self.position.best_loss, self.position.best_epoch = loss, self.position.epoch + 1
            self.best = {name: tensor.clone() for name, tensor in self._latest().items()}
            self.best_losses = losses
        self._is_worse = self.average is not None and no_longer_learns(
            losses - self.best_losses,
            accuracy=accuracy,
            best_accuracy=self._accuracy_at(self.position.best_epoch),
            majority=majority_share(self.held.targets),
        )

    def _accuracy_at(self, epoch: int) -> float:
        # None is there of an epoch that the time cut short, after which training ends.
        return next((one.accuracy for one in reversed(self.history.validation) if one.epoch == epoch), 0.0)

    def _stop_early(self) -> bool:
        patience, position = self.settings.patience, self.position
        if not patience or not self.held:
            return False
        return self._is_worse or position.epoch - position.best_epoch >= patience

    def _latest(self) -> dict[str, Tensor]:
        if self.average:
            return self.average.tensors
        return {name: weight.detach() for name, weight in self.weights.items()} | self.step.flushed()

    @torch.no_grad()
    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, weight in self.weights.items():
            weight.copy_(tensors[name])

    def _checkpoint(self) -> None:
        if not self.folder:
            return
        with self.limit.timed("checkpoint"):
            self._write_checkpoint(self.folder)

    def _write_checkpoint(self, folder: Path) -> None:
        self.position.history = self.history.to_dict()
        tensors = {f"weight.{name}": weight.data for name, weight in self.weights.items()}
        tensors |= self.step.tensors()
        tensors["generator"] = self.network.generator.get_state()
        if self.average:
            tensors |= {f"average.{name}": tensor for name, tensor in self.average.tensors.items()}
        if self.best:
            tensors |= {f"best.{name}": tensor for name, tensor in self.best.items()}
            tensors["best_losses"] = self.best_losses
        write_checkpoint(folder, tensors, self.position, run=self.fingerprint)

    def _layout(self, position: Position) -> dict[str, Tensor]:
        """Tensors shaped like those of a checkpoint that was written at a position."""
        layout = layout_of_weights(
            self.weights, position, averaged=self.average is not None, held=len(self.held) if self.held else 0
        )
        return {**layout, **self.step.layout(position.steps), "generator": self.network.generator.get_state()}
