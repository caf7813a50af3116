"""The bytes of a table: those of a file, or of standard input, from their beginning and as often as needed."""

from __future__ import annotations

import errno
import os
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, Protocol

from recurra.errors import DataError

__all__ = ["ByteStream", "Content", "FileContent", "PipeContent"]

_PIECE = 1 << 20


class ByteStream(Protocol):
    """Bytes that are being read.

    Attributes:
        size: how many there are in all, as far as can be told by now; ``None`` where nobody knows, as of a pipe.
    """

    @property
    def size(self) -> int | None:
        """See above."""

    def read(self, size: int, /) -> bytes:
        """The next bytes: ``size`` of them, and fewer only at the end."""

    def close(self) -> None:
        """Lets go of them."""


class Content(Protocol):
    """Bytes that can be read from their beginning.

    Attributes:
        source: their name, for messages.
    """

    source: str

    def open(self, *, again: bool = True) -> ByteStream:
        """Begins at the first byte.

        Args:
            again: whether they will be opened once more later: what comes from a pipe is then kept on disk.

        Raises:
            DataError: they cannot be read.
        """

    def seekable(self) -> BinaryIO:
        """All of them, for a reader that jumps."""


class FileContent:
    """The bytes of a file.

    Args:
        file: an existing file.
        source: its name, for messages.
    """

    def __init__(self, file: Path, *, source: str) -> None:
        self.file, self.source = file, source

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`Content`."""
        return _OpenedFile(self.seekable())

    def seekable(self) -> BinaryIO:
        """See :class:`Content`."""
        try:
            return self.file.open("rb")
        except OSError as error:
            raise DataError(f"{self.source!r} cannot be read: {error.strerror}", "Check its permissions.") from None


class _OpenedFile:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size: int | None = os.fstat(file.fileno()).st_size
        self.read, self.close = file.read, file.close


class PipeContent:
    """The bytes of a pipe. What is read of it is kept in a temporary file as long as it may be needed again.

    Args:
        file: the pipe; its ``read`` gives less than was asked for only at its end.
        source: its name, for messages.
    """

    def __init__(self, file: BinaryIO, *, source: str) -> None:
        self.file, self.source = file, source
        self._kept = 0
        self._spool: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as this object)
        self._over = False
        weakref.finalize(self, self._spool.close)

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`Content`."""
        return _OpenedPipe(self, again=again)

    def seekable(self) -> BinaryIO:
        """See :class:`Content`."""
        while self.next(_PIECE, keep=True):
            pass
        self._spool.seek(0)
        # Whoever gets it may close it.
        return os.fdopen(os.dup(self._spool.fileno()), "rb")

    def kept(self, place: int, size: int) -> bytes:
        """Bytes from ``place`` on that have been read before: as many as are kept, at most ``size``."""
        if place >= self._kept:
            return b""
        self._spool.seek(place)
        return self._spool.read(size)

    def next(self, size: int, *, keep: bool) -> bytes:
        """The next bytes of the pipe itself."""
        data = b"" if self._over else self.file.read(size)
        self._over = self._over or len(data) < size
        if keep and data:
            try:
                self._spool.seek(self._kept)
                self._spool.write(data)
                self._spool.flush()
            except OSError as error:
                mend = "Free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check that folder"
                raise DataError(
                    f"{self.source} cannot be kept in {tempfile.gettempdir()}: {error.strerror}",
                    f"{mend}, name another with the environment's TMPDIR, or save the data as a file.",
                ) from None
            self._kept += len(data)
        return data


class _OpenedPipe:
    def __init__(self, pipe: PipeContent, *, again: bool) -> None:
        self.pipe, self.again, self.place = pipe, again, 0
        self.size: int | None = None

    def read(self, size: int, /) -> bytes:
        data = self.pipe.kept(self.place, size)
        if len(data) < size:
            data += self.pipe.next(size - len(data), keep=self.again)
        self.place += len(data)
        return data

    def close(self) -> None:
        pass
