"""How much of the time that a run may take is left, and what of it is needed after the last step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["TimeLimit"]

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
    """

    def __init__(self, seconds: float | None, began: float) -> None:
        self.seconds, self.began = seconds, began
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
        """Measures the steps between two looks at the clock, a validation or a checkpoint."""
        began = time.monotonic()
        yield
        self.longest[what] = max(self.longest[what], time.monotonic() - began)

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
        after = VALIDATIONS * validation + CHECKPOINTS * longest["checkpoint"] + longest["steps"] + REST
        return self.began + (self.seconds or 0.0) - after
