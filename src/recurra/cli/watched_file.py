"""A file that must stay as it is while a command reads it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from recurra.errors import DataError

__all__ = ["WatchedFile"]


class WatchedFile:
    """A file that is read once, from its beginning to its end; a context that ends with an error if it changed.

    Args:
        name: path of a file; anything else, such as a folder or ``-``, never changes.

    Raises:
        DataError: at the end: the file is another one than before, by its inode, size and time, so that rows may be
            left out or cut. An error in a row says so too, as that is its likely cause.
    """

    def __init__(self, name: str) -> None:
        self._name, self._file = name, Path(name)
        self._before = self._state()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        after = self._state()
        if after == self._before:
            return
        replaced = after is not None and self._before is not None and after[0] != self._before[0]
        happened, hint = "written to", "Score it when it is complete."
        if replaced:
            happened, hint = "replaced by another", "Score that one from its beginning."
        if isinstance(error, DataError):
            raise DataError(f"{error.received}; the file was {happened} while it was read", hint) from None
        if error is None:
            raise DataError(f"{self._name} was {happened} while it was read", hint)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except (OSError, ValueError):
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns) if self._file.is_file() else None
