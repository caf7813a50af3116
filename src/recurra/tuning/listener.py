"""What a study tells about itself, and the ear of each of its trainings."""

from __future__ import annotations

from collections.abc import Callable

from optuna.trial import Trial

from recurra.training.callbacks import Check, Listener
from recurra.tuning.results import Tried

__all__ = ["StudyListener", "TrialListener"]


class StudyListener:
    """Hears of a study's progress; the methods do nothing until overridden."""

    def began(self, number: int) -> None:
        """A trial begins."""

    def checked(self, number: int, check: Check, best: float | None) -> None:
        """A trial looked at its held-out rows; ``best`` is the lowest loss of the trials before."""

    def stepped(self) -> None:
        """A trial took a step."""

    def ended(self, trial: Tried, *, is_best: bool) -> None:
        """A trial ended."""

    def said(self, message: str) -> None:
        """Something a person should know, in one line."""


class TrialListener(Listener):
    """Reports a training's checks to the study, and ends it when it is behind the others or time is up.

    Args:
        trial: of the study; ``None`` when a model is only trained again.
        study: hears of it.
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
        study: StudyListener,
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

    def stepped(self, documents: int, loss: float) -> None:
        """Passes it on."""
        self.study.stepped()

    def checked(self, check: Check) -> None:
        """Reports the ends of epochs, which all trials have in common."""
        self.study.checked(self.number, check, self.best)
        if self.trial is None or check.epoch != int(check.epoch):
            return
        if int(check.epoch) not in self._told:
            self.trial.report(check.loss, int(check.epoch))
        # The first trial is what the others must beat: it is trained to its end.
        self.pruned = self.number > 0 and self.trial.should_prune()

    def enough(self) -> bool:
        """Whether it is pruned, or out of time."""
        self.stopped = self.stopped or self.time_is_up()
        return self.pruned or self.stopped
