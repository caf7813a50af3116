"""A run's curves for TensorBoard, as they come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from recurra.atomic import write_atomically
from recurra.errors import RecurraError
from recurra.training.callbacks import Callback
from recurra.training.events import VERSION_EVENT, records_up_to, scalar_event
from recurra.training.files import EVENTS
from recurra.training.history import TrainingMetrics, ValidationMetrics
from recurra.training.steps.step import StepResults

__all__ = ["TensorBoard"]

NAME = "events.out.tfevents.recurra"


class TensorBoard(Callback):
    """Writes a run's curves into DIR/tensorboard.

    Curves go over the documents trained on. A run that is resumed goes on where its checkpoint was: later points, which
    come again, are taken out of the file.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / EVENTS / NAME
        self._file: BinaryIO | None = None
        self._documents, self._before, self._since = 0, 0, 0.0

    def on_train_begin(self, documents: int, done: int) -> None:
        """Begins the file, or goes on in it.

        Raises:
            RecurraError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            kept = records_up_to(self.path.read_bytes(), done) if done and self.path.exists() else b""
            write_atomically(self.path, kept or VERSION_EVENT)
            self._file = self.path.open("ab")
        except OSError as error:
            raise RecurraError(
                f"{self.path} cannot be written: {error.strerror or error}", "Choose another folder, or no log."
            ) from error
        self._documents = self._before = done
        self._since = time.monotonic()

    def on_steps_end(self, results: StepResults) -> None:
        """Counts the documents."""
        self._documents += sum(result.documents for result in results.taken)

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Writes loss, accuracy, learning rate and documents a second."""
        now = time.monotonic()
        rate = (self._documents - self._before) / max(now - self._since, 1e-9)
        self._before, self._since = self._documents, now
        self._write({
            "loss/training": metrics.loss,
            "accuracy/training": metrics.accuracy,
            "learning_rate": metrics.learning_rate,
            "documents_per_second": rate,
        })  # fmt: skip

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Writes loss and accuracy on the rows held out."""
        self._write({"loss/validation": metrics.loss, "accuracy/validation": metrics.accuracy})
        # The look at the held-out rows is no training.
        self._since = time.monotonic()

    def on_train_end(self) -> None:
        """Ends the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, values: dict[str, float]) -> None:
        if self._file is not None:
            seconds = time.time()
            for tag, value in values.items():
                self._file.write(scalar_event(tag, value, step=self._documents, seconds=seconds))
            self._file.flush()
