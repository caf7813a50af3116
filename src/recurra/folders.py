"""Folders for results: made where they are missing, written by one process at a time, and not left behind empty."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from recurra.errors import RecurraError
from recurra.locks import open_locked

__all__ = ["LOCK", "check_folder", "locked_folder", "made_folder"]

LOCK = ".lock"
"""The file in a folder that the process which writes there holds; one that is left over keeps nobody out."""

# What runs in here holds them already.
_HELD: ContextVar[frozenset[str]] = ContextVar("_HELD", default=frozenset())


@contextlib.contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Makes a folder and its parents; when the work inside fails, removes those it made, as far as they are empty.

    Raises:
        RecurraError: it is a file, or cannot be made or written to.
    """
    try:
        new = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise RecurraError(f"{folder} is a file", "Choose another folder.") from error
    except (OSError, ValueError) as error:
        raise _unusable(folder, error) from error
    try:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise RecurraError(f"The folder {folder} may not be written to", "Choose another folder.")
        yield
    except BaseException:
        # Innermost first; the first one that holds something ends it, and stays.
        with contextlib.suppress(OSError):
            for path in new:
                path.rmdir()
        raise


def check_folder(folder: Path) -> None:
    """Refuses a folder that cannot be made or written to: called before the work whose results go there; leaves none.

    Raises:
        RecurraError: as for :func:`made_folder`.
    """
    with contextlib.suppress(_TriedError), made_folder(folder):
        raise _TriedError


class _TriedError(Exception):
    """A folder could be made."""


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """As :func:`made_folder`, for a run: no other process, and nothing else in this one, locks the folder meanwhile.

    What is called inside may lock it once more.

    Raises:
        RecurraError: another run writes there, or as for :func:`made_folder`.
    """
    with made_folder(folder):
        name, lock = os.path.realpath(folder), folder / LOCK
        if name in _HELD.get():
            yield
            return
        try:
            held = open_locked(lock)
        except OSError as error:
            raise _unusable(folder, error) from error
        if held is None:
            raise RecurraError(
                f"Another run is writing into the folder {folder}", "Wait until it ends, or choose another folder."
            )
        before = _HELD.set(_HELD.get() | {name})
        try:
            yield
        finally:
            _HELD.reset(before)
            # Before it is let go, or it could be the next one's. Windows keeps a file that is open: there it stays.
            with contextlib.suppress(OSError):
                lock.unlink()
            held.close()


def _unusable(folder: Path, error: Exception) -> RecurraError:
    # ValueError: a path with a null character, which no system call accepts.
    reason = getattr(error, "strerror", None) or str(error)
    return RecurraError(f"The folder {folder} cannot be used: {reason}", "Choose another folder.")
