"""A run's folder is not left behind where nothing was learned."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["clean_start"]


@contextlib.contextmanager
def clean_start(folder: Path, *, began: Callable[[], bool]) -> Iterator[None]:
    """Removes what a run made in vain.

    If the run fails before its first step, the folders that it made are removed, and so is the checkpoint that it may
    have written into an empty one. What was there before stays.

    Args:
        folder: of the run.
        began: whether a step was made.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    empty = bool(made) or (folder.is_dir() and not any(folder.iterdir()))
    try:
        yield
    except BaseException:
        if not began() and empty:
            from recurra.training.checkpoint import CHECKPOINT

            (folder / CHECKPOINT).unlink(missing_ok=True)
            # Innermost first; what somebody else has put something into stays.
            with contextlib.suppress(OSError):
                for path in made:
                    path.rmdir()
        raise
