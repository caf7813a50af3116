"""The folder of a training run."""

from __future__ import annotations

import os
from pathlib import Path

from recurra.errors import TrainingError
from recurra.training.files import CARD, CHECKPOINT, HISTORY, MODEL, RATE

__all__ = ["CARD", "HISTORY", "MODEL", "prepare_folder"]


def prepare_folder(folder: Path, *, resume: bool) -> None:
    """Makes the folder of a run, or checks that an existing one may be used.

    Args:
        folder: of the run.
        resume: whether a run that lies there is to go on.

    Raises:
        TrainingError: it is no folder, cannot be written, or holds something and ``resume`` is not set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        entries = list(folder.iterdir())
    except FileExistsError as error:
        raise TrainingError(f"{folder} is a file", "Name a folder for the run.") from error
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character, which no system call accepts.
        reason = getattr(error, "strerror", None) or str(error)
        raise TrainingError(f"The folder {folder} cannot be used: {reason}", "Choose another folder.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise TrainingError(f"The folder {folder} may not be written to", "Choose another folder.")
    if entries and not resume:
        hint = "Resume it with --resume, or name" if (folder / CHECKPOINT).exists() else "Name"
        raise TrainingError(f"The folder {folder} is not empty", f"{hint} an empty folder.")
    # A run that was killed in the middle of writing leaves the part it had written under a temporary name.
    for entry in entries:
        if any(entry.match(f".{name}.*.tmp") for name in (CHECKPOINT, MODEL, HISTORY, CARD, RATE)):
            entry.unlink(missing_ok=True)
