"""``recurra tune``: the progress of a study, one line per trial and a live line below them."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recurra.cli.output import Output
from recurra.file_size.estimate import shown_bytes
from recurra.training.callbacks import ValidationMetrics
from recurra.tuning.callbacks import StudyCallback
from recurra.tuning.results import TrialResult

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["StudyProgress"]

# Seconds between two updates of the live line.
UPDATE_SECONDS = 0.2


class StudyProgress(StudyCallback):
    """Prints the result of each trial; in a ``with`` block, a live line shows the best trial, counts and the time left.

    Args:
        output: output of the command.
        minutes: maximum minutes of the study, or ``None``.
        trials: maximum number of trials, or ``None``.
    """

    def __init__(self, output: Output, *, minutes: float | None, trials: int | None) -> None:
        self.output, self._minutes, self._trials = output, minutes, trials
        self._began = self._looked = time.monotonic()
        self._ended: list[str] = []
        self._best: TrialResult | None = None
        self._now = ""
        self._live: Status | None = None

    def __enter__(self) -> Self:
        if self.output.progress:
            from rich.console import Console

            self._live = Console(stderr=True, highlight=False, markup=False).status("reading the rows")
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def on_trial_begin(self, number: int) -> None:
        """Shows the number of the trial."""
        self._now = f"trial {number}"
        self._show()

    def on_validation_end(self, number: int, metrics: ValidationMetrics, best: float | None) -> None:
        """Shows the epoch and the loss of the trial."""
        self._now = f"trial {number}, epoch {metrics.epoch:.1f}, loss {metrics.loss:.4f}"
        self._show()

    def on_steps_end(self) -> None:
        """Updates the time left."""
        if time.monotonic() - self._looked > UPDATE_SECONDS:
            self._show()

    def on_trial_end(self, trial: TrialResult, *, is_best: bool) -> None:
        """Prints the result of the trial."""
        self._ended.append(trial.state)
        if is_best:
            self._best = trial
        if trial.state == "too large":
            # There may be many of them; the counts at the end include them.
            return
        score = trial.validation and f"log loss {trial.log_loss:.4f}  accuracy {trial.validation['accuracy']:.4f}"
        size = shown_bytes(trial.size) if trial.size else ""
        state = "best so far" if is_best else trial.why[:80] if trial.state == "failed" else ""
        parts = [f"trial {trial.number:3}", f"{trial.state:7}", score or "", f"{size:>8}", f"{trial.seconds:5.1f} s"]
        self.output.detail("  ".join([*parts, _brief(trial), state]).rstrip())

    def on_wait(self, running: int) -> None:
        """Shows what is waited for."""
        self._now = f"waiting for {running} trial{'' if running == 1 else 's'} of other processes"
        self._show()

    def on_message(self, message: str) -> None:
        """Prints the message."""
        self.output.note(message)

    def _show(self) -> None:
        self._looked = time.monotonic()
        if not self._live:
            return
        counts = [f"{self._ended.count(state)} {state}" for state in dict.fromkeys(self._ended)]
        parts = [self._now, ", ".join(counts)]
        if self._best:
            parts.append(f"best {self._best.log_loss:.4f} (trial {self._best.number})")
        if self._minutes is not None:
            left = max(0.0, 60 * self._minutes - (self._looked - self._began))
            parts.append(f"{int(left // 60)}:{int(left % 60):02} left")
        elif self._trials is not None:
            parts.append(f"{self._trials} trials wanted")
        self._live.update("  ".join(filter(None, parts)))


def _brief(trial: TrialResult) -> str:
    """The most important settings in a short text."""
    one = trial.settings
    layers = f"{one['layers']} layers of " if one["layers"] > 1 else ""
    size = f"{one['cell']} {'2 × ' if one['bidirectional'] else ''}{one['hidden']}"
    return ", ".join([layers + size, *(one[name] for name in ("pooling", "tokens") if name in one)])
