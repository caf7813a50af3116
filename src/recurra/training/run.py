"""A training run: how it is carried out, and the files in its folder. Who looks at runs needs no torch for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from recurra.errors import SettingsError, TrainingError
from recurra.folders import LOCK

__all__ = ["CARD", "CHECKPOINT", "EVENTS", "HISTORY", "MODEL", "RATE", "RunOptions", "prepare_folder"]

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

    def __post_init__(self) -> None:
        if self.folder is not None:
            # A text serves as well.
            object.__setattr__(self, "folder", Path(self.folder))
        if self.folder is None and self.resume:
            raise SettingsError("A run without a folder is to be resumed", "Name the folder of the run.")
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            raise SettingsError(f"minutes is {self.minutes}", "Give a number above 0.")


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
