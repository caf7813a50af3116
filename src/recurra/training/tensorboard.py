"""A run's curves for TensorBoard, as they come."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from recurra.atomic import write_atomically
from recurra.errors import RecurraError
from recurra.training.callbacks import Check, Listener, Window
from recurra.training.events import VERSION_EVENT, records_up_to, scalar_event
from recurra.training.files import EVENTS

__all__ = ["EventLog"]

NAME = "events.out.tfevents.recurra"


class EventLog(Listener):
    """Writes what it hears into DIR/tensorboard, and tells another listener.

    Curves go over the documents trained on. A run that is resumed goes on where its checkpoint was: later points, which
    come again, are taken out of the file.

    Args:
        folder: of the run.
        other: hears everything, too.
    """

    def __init__(self, folder: Path, other: Listener) -> None:
        self.path, self.other = folder / EVENTS / NAME, other
        self._file: BinaryIO | None = None
        self._documents, self._before, self._since = 0, 0, 0.0

    def read(self, what: str, documents: int, total: int) -> None:
        """Tells the other."""
        self.other.read(what, documents, total)

    def enough(self) -> bool:
        """Asks the other."""
        return self.other.enough()

    def started(self, documents: int, done: int) -> None:
        """Begins the file, or goes on in it.

        Raises:
            RecurraError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(exist_ok=True)
            kept = records_up_to(self.path.read_bytes(), done) if done and self.path.exists() else b""
            write_atomically(self.path, kept or VERSION_EVENT)
            self._file = self.path.open("ab")
        except OSError as error:
            raise RecurraError(
                f"{self.path} cannot be written: {error.strerror or error}", "Choose another folder, or no log."
            ) from error
        self._documents = self._before = done
        self._since = time.monotonic()
        self.other.started(documents, done)

    def stepped(self, documents: int, loss: float) -> None:
        """Counts the documents."""
        self._documents += documents
        self.other.stepped(documents, loss)

    def windowed(self, window: Window) -> None:
        """Writes loss, accuracy, learning rate and documents a second."""
        now = time.monotonic()
        rate = (self._documents - self._before) / max(now - self._since, 1e-9)
        self._before, self._since = self._documents, now
        self._write({
            "loss/training": window.loss,
            "accuracy/training": window.accuracy,
            "learning_rate": window.learning_rate,
            "documents_per_second": rate,
        })  # fmt: skip
        self.other.windowed(window)

    def checked(self, check: Check) -> None:
        """Writes loss and accuracy on the rows held out."""
        self._write({"loss/validation": check.loss, "accuracy/validation": check.accuracy})
        # The look at the held-out rows is no training.
        self._since = time.monotonic()
        self.other.checked(check)

    def said(self, message: str) -> None:
        """Tells the other."""
        self.other.said(message)

    def close(self) -> None:
        """Ends the file; nothing is written afterwards."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, values: dict[str, float]) -> None:
        if self._file is not None:
            seconds = time.time()
            for tag, value in values.items():
                self._file.write(scalar_event(tag, value, step=self._documents, seconds=seconds))
            self._file.flush()
