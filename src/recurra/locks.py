"""Files that one process at a time may hold open; the kernel lets go of them when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["open_for_update", "open_locked"]


def open_locked(path: Path) -> BinaryIO | None:
    """As :func:`open_for_update`, and locks the file until it is closed.

    Where the file system knows no locks, the file is opened without one.

    Args:
        path: the file.

    Returns:
        The file, or ``None`` where somebody else holds it: another process, or this one by another call.

    Raises:
        OSError: it cannot be opened.
    """
    while True:
        file = open_for_update(path)
        try:
            if not _lock(file.fileno()):
                file.close()
                return None
            # Whoever held it may have removed it in between; the lock of a file without a name keeps nobody out.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def open_for_update(path: Path, *, private: bool = False) -> BinaryIO:
    """Opens a file for reading and writing; one that is not there is made, a link in its place is not followed.

    Args:
        path: the file.
        private: whether a new one may be read by its owner alone.

    Raises:
        OSError: it cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600 if private else 0o666), "r+b")


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # Some network file systems have no locks.
        return True
    return True
