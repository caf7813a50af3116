"""A training run: how it is carried out, how long it may take, and the files in its folder. None of it needs torch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from numbers import Real
from pathlib import Path

from recurra.errors import SettingsError, TrainingError
from recurra.folders import LOCK

__all__ = ["CARD", "CHECKPOINT", "EVENTS", "HISTORY", "MODEL", "RATE", "RunOptions", "TimeLimit", "prepare_folder"]

CHECKPOINT = "checkpoint.safetensors"
MODEL = "model.safetensors"
HISTORY = "history.json"
CARD = "model-card.md"
RATE = "learning-rate.json"
EVENTS = "tensorboard"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where a training computes, and where it writes.

    Attributes:
        folder: checkpoints, the model file and the curves are written there; ``None`` writes nothing.
        resume: go on from the folder's checkpoint.
        checkpoint_seconds: time between checkpoints within an epoch.
        engine: engine of the recurrence, ``auto`` for the fastest that computes the cell.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``mps``.
        find_learning_rate: find one on the training rows first, instead of that of the recipe.
        minutes: after which the run ends, with the best model until then; ``None`` sets no limit. A falling learning
            rate comes to its end within them.
        began: when they began, by ``time.monotonic()``.
        baseline: score the most frequent class and a linear model on the rows held out, for the record.
        keep_examples: number of right, wrong and doubtful held-out rows, of each, that the model file keeps with their
            texts; 0 keeps none, since rows may be private.

    Raises:
        SettingsError: a run without a folder is to be resumed, or it may take no time.
    """

    folder: Path | None = None
    resume: bool = False
    checkpoint_seconds: float = 60.0
    engine: str = "auto"
    device: str = "auto"
    find_learning_rate: bool = False
    minutes: float | None = None
    began: float = field(default_factory=time.monotonic, compare=False)
    baseline: bool = False
    keep_examples: int = 0

    def without_files(self) -> RunOptions:
        """The options of a process that computes beside the one which writes."""
        return replace(self, folder=None, resume=False, baseline=False, keep_examples=0)

    def __post_init__(self) -> None:
        if self.folder is not None:
            # A text serves as well.
            object.__setattr__(self, "folder", Path(self.folder))
        if self.keep_examples:
            # What `recurra --help` imports needs no tasks.
            from recurra.tasks.examples import MOST_EXAMPLES

            if not 0 <= self.keep_examples <= MOST_EXAMPLES:
                raise SettingsError(
                    f"{self.keep_examples} examples of each kind are to be kept", f"Give 0 to {MOST_EXAMPLES}."
                )
        if self.folder is None and self.resume:
            raise SettingsError("A run without a folder is to be resumed", "Name the folder of the run.")
        minutes = 1 if self.minutes is None else self.minutes
        # NumPy's numbers are registered as what they are.
        if not isinstance(minutes, Real) or isinstance(minutes, bool) or not 0 < minutes < float("inf"):
            raise SettingsError(f"minutes is {minutes!r:.80}", "Give a number above 0, or None for no limit.")


# What follows the last step: a validation of these weights, the temperature and the scores, each of which goes over the
# held-out rows once; one more in case a validation has just begun.
VALIDATIONS = 4
# A checkpoint, and the model file, which takes as long.
CHECKPOINTS = 2
# Seconds for the rest: the temperature itself, intervals, the card, and the start and end of Python.
REST = 2.0


class TimeLimit:
    """The time that a run may take, and the share of it that is over.

    Args:
        seconds: of the whole run, what comes before and after training included; ``None`` sets no limit.
        began: when the run began, by ``time.monotonic()``.
        reserve: seconds that something takes after the last step, besides what is measured here.
    """

    def __init__(self, seconds: float | None, began: float, *, reserve: float = 0.0) -> None:
        self.seconds, self.began, self._reserve = seconds, began, reserve
        self._training_began, self._done_before = began, 0.0
        self.longest = {"steps": 0.0, "validation": 0.0, "checkpoint": 0.0}
        """Seconds of the longest of each until now."""
        self._expected = 0.0

    def begin_training(self, done: float) -> None:
        """The first step is next.

        Args:
            done: share of the epochs that was over before this run, which goes on from there.
        """
        self._training_began, self._done_before = time.monotonic(), done

    def expect(self, validation: float) -> None:
        """The seconds that a validation would take, as long as none was measured."""
        self._expected = validation

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Measures a validation or a checkpoint."""
        began = time.monotonic()
        yield
        self.note(what, time.monotonic() - began)

    def note(self, what: str, seconds: float) -> None:
        """Takes what was measured elsewhere: a step is too short for a context of its own."""
        self.longest[what] = max(self.longest[what], seconds)

    @property
    def progress(self) -> float:
        """How far the learning rate's schedule has come by the clock, from 0 to 1; 0 without a limit."""
        if self.seconds is None:
            return 0.0
        whole, past = self._end - self._training_began, time.monotonic() - self._training_began
        share = min(1.0, past / whole) if whole > 0 else 1.0
        return self._done_before + (1 - self._done_before) * share

    @property
    def is_up(self) -> bool:
        """Whether no more step may begin."""
        return self.seconds is not None and time.monotonic() >= self._end

    @property
    def _end(self) -> float:
        longest = self.longest
        validation = longest["validation"] or self._expected
        after = VALIDATIONS * validation + CHECKPOINTS * longest["checkpoint"] + longest["steps"] + REST + self._reserve
        return self.began + (self.seconds or 0.0) - after


def prepare_folder(folder: Path, *, resume: bool) -> None:
    """Checks that a folder may take a run, and removes what a run that was killed left half-written.

    Args:
        folder: the run's folder; it exists, and is locked.
        resume: whether a run that lies there is to go on.

    Raises:
        TrainingError: it holds something and ``resume`` is not set.
    """
    entries = [entry for entry in folder.iterdir() if entry.name != LOCK]
    if entries and not resume:
        hint = "Resume it with --resume, or name" if (folder / CHECKPOINT).exists() else "Name"
        raise TrainingError(f"The folder {folder} is not empty", f"{hint} an empty folder.")
    # A run that was killed in the middle of writing leaves the part it had written under a temporary name.
    for entry in entries:
        if any(entry.match(f".{name}.*.tmp") for name in (CHECKPOINT, MODEL, HISTORY, CARD, RATE)):
            entry.unlink(missing_ok=True)
