"""The bytes of a file or of standard input, which can be read from the start any number of times."""

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
    """A stream of bytes.

    Attributes:
        size: total number of bytes, or an estimate; ``None`` if unknown, as for a pipe.
    """

    @property
    def size(self) -> int | None:
        """See above."""

    def read(self, size: int, /) -> bytes:
        """The next ``size`` bytes; fewer only at the end."""

    def close(self) -> None:
        """Closes the stream."""


class Content(Protocol):
    """Bytes that can be read from the start any number of times.

    Attributes:
        source: name of the content, for messages.
    """

    source: str

    def open(self, *, again: bool = True) -> ByteStream:
        """Opens a stream at the first byte.

        Args:
            again: whether it will be opened again later; bytes from a pipe are then kept on disk.

        Raises:
            DataError: the bytes cannot be read.
        """

    def seekable(self) -> BinaryIO:
        """The bytes as a seekable file."""


class FileContent:
    """The bytes of a file.

    Args:
        file: path of an existing file.
        source: name of the file, for messages.
    """

    def __init__(self, file: Path, *, source: str) -> None:
        self.file, self.source = file, source

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`Content`."""
        return _FileStream(self.seekable())

    def seekable(self) -> BinaryIO:
        """See :class:`Content`."""
        try:
            return self.file.open("rb")
        except OSError as error:
            raise DataError(f"{self.source!r} cannot be read: {error.strerror}", "Check its permissions.") from None


class _FileStream:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size: int | None = os.fstat(file.fileno()).st_size
        self.read, self.close = file.read, file.close


class PipeContent:
    """The bytes of a pipe, kept in a temporary file as long as they may be needed again.

    Args:
        file: the pipe; ``read`` must return fewer bytes than requested only at the end.
        source: name of the pipe, for messages.
    """

    def __init__(self, file: BinaryIO, *, source: str) -> None:
        self.file, self.source = file, source
        self._kept = 0
        self._spool: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (it lives as long as this object)
        self._over = False
        weakref.finalize(self, self._spool.close)

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`Content`."""
        return _PipeStream(self, again=again)

    def seekable(self) -> BinaryIO:
        """See :class:`Content`."""
        while self.next(_PIECE, keep=True):
            pass
        self._spool.seek(0)
        # The caller may close the duplicate.
        return os.fdopen(os.dup(self._spool.fileno()), "rb")

    def kept(self, place: int, size: int) -> bytes:
        """Bytes from ``place`` on that were read before and kept, at most ``size``."""
        if place >= self._kept:
            return b""
        self._spool.seek(place)
        return self._spool.read(size)

    def next(self, size: int, *, keep: bool) -> bytes:
        """The next bytes from the pipe itself."""
        data = b"" if self._over else self.file.read(size)
        self._over = self._over or len(data) < size
        if keep and data:
            try:
                self._spool.seek(self._kept)
                self._spool.write(data)
                self._spool.flush()
            except OSError as error:
                hint = "Free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check that folder"
                raise DataError(
                    f"{self.source} cannot be kept in {tempfile.gettempdir()}: {error.strerror}",
                    f"{hint}, name another with the environment's TMPDIR, or save the data as a file.",
                ) from None
            self._kept += len(data)
        return data


class _PipeStream:
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
