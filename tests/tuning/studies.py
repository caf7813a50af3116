"""Small studies: few rows, narrow networks, two epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rows import make_rows

from recurra.data.corpus import InMemoryRows
from recurra.presets import Recipe, load_preset
from recurra.tuning.callbacks import StudyCallback
from recurra.tuning.limits import StudyLimits
from recurra.tuning.results import StudyResult, TrialResult
from recurra.tuning.tuner import Tuner

ROWS = make_rows(120)


def small_preset(**options: Any) -> Recipe:
    wanted = {
        "tokens": "words",
        "epochs": 2,
        "hidden": 6,
        "embedding": 8,
        "batch_size": 16,
        "learning_rate": 0.01,
        **options,
    }
    return load_preset("default").with_options(wanted)


class Ears(StudyCallback):
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.ends: list[tuple[TrialResult, bool]] = []
        self.messages: list[str] = []

    def on_trial_end(self, trial: TrialResult, *, is_best: bool) -> None:
        self.ends.append((trial, is_best))

    def on_message(self, message: str) -> None:
        self.messages.append(message)


def study(
    folder: Path,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    max_size: int | None = None,
    int8: bool = False,
    recipe: Recipe | None = None,
    **options: Any,
) -> StudyResult:
    limits = StudyLimits(minutes=minutes, trials=trials, max_size=max_size, int8=int8)
    return Tuner(InMemoryRows(*ROWS), recipe=recipe or small_preset(), folder=folder, limits=limits, **options).run()
