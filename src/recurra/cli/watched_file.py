"""Whether a file is written to while a command reads it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from recurra.errors import DataError

__all__ = ["WatchedFile"]


class WatchedFile:
    """A file that is read once, from its beginning to its end; a context in which errors in its rows say if it changed.

    Args:
        name: path of a file; anything else, such as a folder or ``-``, never changes.
    """

    def __init__(self, name: str) -> None:
        self._file = Path(name)
        self._before = self._state()

    @property
    def changed(self) -> bool:
        """Whether the file is another one than before, by its size and time."""
        return self._state() != self._before

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Adds to an error in the rows that the file was written to, which is the likely cause."""
        if isinstance(error, DataError) and self.changed:
            raise DataError(
                f"{error.received}; the file was written to while it was read", "Score it when it is complete."
            ) from None

    def _state(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except (OSError, ValueError):
            return None
        return (found.st_size, found.st_mtime_ns) if self._file.is_file() else None
