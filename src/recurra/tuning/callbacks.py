"""What a study tells about itself, and what listens to each of its trainings."""

from __future__ import annotations

from collections.abc import Callable

from optuna.trial import Trial

from recurra.training.callbacks import Callback, ValidationMetrics
from recurra.training.steps.step import StepResults
from recurra.tuning.results import TrialResult

__all__ = ["StudyCallback", "TrialCallback"]


class StudyCallback:
    """Hears of a study's progress; the methods do nothing until overridden."""

    def on_trial_begin(self, number: int) -> None:
        """A trial begins."""

    def on_validation_end(self, number: int, metrics: ValidationMetrics, best: float | None) -> None:
        """A trial looked at its held-out rows; ``best`` is the lowest loss of the trials before."""

    def on_steps_end(self) -> None:
        """A trial took a step, or some."""

    def on_trial_end(self, trial: TrialResult, *, is_best: bool) -> None:
        """A trial ended."""

    def on_wait(self, running: int) -> None:
        """There is nothing to do but to wait for the last ``running`` trials of other processes."""

    def on_message(self, message: str) -> None:
        """Something a person should know, in one line."""


class TrialCallback(Callback):
    """Reports a training's checks to the study, and ends it when it is behind the others or time is up.

    Args:
        trial: the study's trial; ``None`` when a model is only trained again.
        study: notified of it.
        number: the trial's.
        best: lowest loss so far.
        time_is_up: asked after every step.

    Attributes:
        pruned: the study has ended it.
        stopped: time has.
    """

    def __init__(
        self,
        trial: Trial | None,
        study: StudyCallback,
        *,
        number: int,
        best: float | None,
        time_is_up: Callable[[], bool],
    ) -> None:
        self.trial, self.study, self.number, self.best = trial, study, number, best
        self.time_is_up = time_is_up
        self.pruned = self.stopped = False
        # A trial that is trained again after a kill has told the storage of some of its epochs already.
        self._told = set(trial.study.trials[number].intermediate_values) if trial else set()

    def on_steps_end(self, results: StepResults) -> None:
        """Passes it on."""
        self.study.on_steps_end()

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Reports the ends of epochs, which all trials have in common."""
        self.study.on_validation_end(self.number, metrics, self.best)
        if self.trial is None or metrics.epoch != int(metrics.epoch):
            return
        if int(metrics.epoch) not in self._told:
            self.trial.report(metrics.loss, int(metrics.epoch))
        # The first trial is what the others must beat: it is trained to its end.
        self.pruned = self.number > 0 and self.trial.should_prune()

    def should_stop(self) -> bool:
        """Whether it is pruned, or out of time."""
        self.stopped = self.stopped or self.time_is_up()
        return self.pruned or self.stopped
