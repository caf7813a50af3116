"""The names under which callbacks and curves were known before; they go with the next release."""

from __future__ import annotations

import warnings
from typing import Any

from recurra.training import history
from recurra.training.callbacks import Callback
from recurra.training.history import TrainingMetrics, ValidationMetrics
from recurra.training.steps.step import StepResults

__all__ = ["Listener"]

RENAMED = {"Window": "TrainingMetrics", "Check": "ValidationMetrics", "History": "History"}


class Listener(Callback):
    """A :class:`recurra.training.callbacks.Callback` with the methods it had before."""

    def __init_subclass__(cls) -> None:
        warnings.warn(
            f"{cls.__name__}: override the methods of recurra.training.callbacks.Callback instead of Listener's.",
            DeprecationWarning,
            stacklevel=2,
        )

    def read(self, what: str, documents: int, total: int) -> None:
        """Now ``on_data``."""

    def started(self, documents: int, done: int) -> None:
        """Now ``on_train_begin``."""

    def stepped(self, documents: int, loss: float) -> None:
        """Now ``on_steps_end``, once for several steps."""

    def windowed(self, window: TrainingMetrics) -> None:
        """Now ``on_log``."""

    def checked(self, check: ValidationMetrics) -> None:
        """Now ``on_validation_end``."""

    def said(self, message: str) -> None:
        """Now ``on_message``."""

    def enough(self) -> bool:
        """Now ``should_stop``."""
        return False

    def on_data(self, what: str, documents: int, total: int) -> None:
        """Calls ``read``."""
        self.read(what, documents, total)

    def on_train_begin(self, documents: int, done: int) -> None:
        """Calls ``started``."""
        self.started(documents, done)

    def on_steps_end(self, results: StepResults) -> None:
        """Calls ``stepped`` for each."""
        for result in results.taken:
            self.stepped(result.documents, result.loss)

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Calls ``windowed``."""
        self.windowed(metrics)

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Calls ``checked``."""
        self.checked(metrics)

    def on_message(self, message: str) -> None:
        """Calls ``said``."""
        self.said(message)

    def should_stop(self) -> bool:
        """Asks ``enough``."""
        return self.enough()


def __getattr__(name: str) -> Any:
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = RENAMED[name]
    warnings.warn(f"{name} is recurra.training.history.{new} now.", DeprecationWarning, stacklevel=2)
    return getattr(history, new)
