"""Decompresses files while they are read.

A small file may decompress to any length (a "decompression bomb"). Memory does not grow with it: readers hold a few
blocks, the size of a row is bounded, and the decoders keep a window of 32 KiB (gzip) or at most 128 MiB (the limit of
Zstandard). Time and output would grow, so the length is bounded as well: text compresses to a tenth of its length, or a
hundredth if it is repetitive, and a file that decompresses to more than ``MAX_RATIO`` times its own length is rejected
once that is over ``FREE_BYTES``. To detect a bomb before any work is done, the start of a file is decompressed once
beforehand, which takes less than a second.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from typing import Any, BinaryIO

from recurra.data.content import ByteStream, Content
from recurra.errors import DataError

__all__ = ["COMPRESSIONS", "FREE_BYTES", "MAX_RATIO", "DecompressedContent"]

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""Compression by file extension."""

MAX_RATIO = 200
FREE_BYTES = 1 << 28

_PIECE = 1 << 20


class DecompressedContent:
    """The decompressed bytes of a compressed file.

    Args:
        content: the compressed bytes.
        compression: ``gzip`` or ``zstd``; the latter needs pyarrow.
    """

    def __init__(self, content: Content, compression: str) -> None:
        self.content, self.compression, self.source = content, compression, content.source
        self._checked = False

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`recurra.data.content.Content`."""
        if not self._checked:
            self._check_start()
            self._checked = True
        return _DecompressedStream(self.content.open(again=again), self.compression, self.source)

    def _check_start(self) -> None:
        """Raises a :class:`DataError` if the start is a bomb, or cannot be decompressed."""
        opened = _DecompressedStream(self.content.open(), self.compression, self.source)
        try:
            # From this many compressed bytes on, a length of FREE_BYTES and more is allowed.
            while MAX_RATIO * opened.compressed.taken < FREE_BYTES and opened.read(_PIECE):
                pass
        finally:
            opened.close()

    def seekable(self) -> BinaryIO:
        """See :class:`recurra.data.content.Content`."""
        opened, file = self.open(again=False), tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
        while data := opened.read(_PIECE):
            file.write(data)
        opened.close()
        file.seek(0)
        return file


class _ByteCounter(io.RawIOBase):
    """A stream of compressed bytes that counts how many have been read."""

    def __init__(self, opened: ByteStream) -> None:
        self.opened, self.taken = opened, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.opened.read(_PIECE if size < 0 else size)
        self.taken += len(data)
        return data


class _DecompressedStream:
    def __init__(self, opened: ByteStream, compression: str, source: str) -> None:
        self.opened, self.compression, self.source = opened, compression, source
        self.compressed, self.given = _ByteCounter(opened), 0
        self.stream: Any
        if compression == "gzip":
            self.stream = gzip.GzipFile(fileobj=self.compressed, mode="rb")
        else:
            import pyarrow as pa

            self.stream = pa.CompressedInputStream(pa.PythonFile(self.compressed, mode="r"), "zstd")

    @property
    def size(self) -> int | None:
        """Estimated length of the decompressed bytes, if the rest compresses as well as what was read."""
        whole = self.opened.size
        return None if whole is None else whole * self.given // max(self.compressed.taken, 1)

    def read(self, size: int, /) -> bytes:
        parts: list[bytes] = []
        missing = size
        try:
            while missing and (data := self.stream.read(missing)):
                parts.append(data)
                missing -= len(data)
        except (OSError, EOFError, zlib.error) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(
                f"{self.source} is not whole, or not packed by {self.compression}: {str(error)[:80].rstrip('.')}",
                "Make or download it again.",
            ) from None
        self.given += size - missing
        if self.given > max(FREE_BYTES, MAX_RATIO * self.compressed.taken):
            raise DataError(
                f"{self.source} unpacks to more than {MAX_RATIO} times its own length",
                "If it is meant so, unpack it first.",
            )
        return b"".join(parts)

    def close(self) -> None:
        self.stream.close()
        self.opened.close()
