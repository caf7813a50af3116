"""The folder of a training run."""

from __future__ import annotations

from pathlib import Path

from recurra.errors import TrainingError
from recurra.folders import LOCK
from recurra.training.files import CARD, CHECKPOINT, HISTORY, MODEL, RATE

__all__ = ["CARD", "HISTORY", "MODEL", "prepare_folder"]


def prepare_folder(folder: Path, *, resume: bool) -> None:
    """Checks that a folder may take a run, and removes what a run that was killed left half-written.

    Args:
        folder: of the run; it is there, and locked.
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
