"""Compressed bytes, unpacked as they are read.

A small file may unpack to any length (a "bomb"). Memory does not grow with it: whatever reads these bytes holds some
blocks of them, each row is bounded, and the decoders keep a window of 32 KiB (gzip) or 128 MiB at most (Zstandard's own
limit, beyond which it refuses). What would grow is time and what is written, so the length is bounded as well: text
packs to a tenth of its length or, where it repeats itself, to a hundredth, and a file that unpacks to more than
``MAX_RATIO`` times its own length is refused once it is over ``FREE_BYTES``. Whoever reads does much with each byte, so
that a bomb shows itself late; the beginning is therefore unpacked once before, which takes less than a second.
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
"""Extensions of compressed files, and what they are compressed by."""

MAX_RATIO = 200
FREE_BYTES = 1 << 28

_PIECE = 1 << 20


class DecompressedContent:
    """Bytes out of a compressed file.

    Args:
        content: the compressed bytes.
        compression: ``gzip`` or ``zstd``; the second needs pyarrow.
    """

    def __init__(self, content: Content, compression: str) -> None:
        self.content, self.compression, self.source = content, compression, content.source
        self._looked = False

    def open(self, *, again: bool = True) -> ByteStream:
        """See :class:`recurra.data.content.Content`."""
        if not self._looked:
            self._look()
            self._looked = True
        return _DecompressedStream(self.content.open(again=again), self.compression, self.source)

    def _look(self) -> None:
        """Raises a :class:`DataError` where the beginning is a bomb, or cannot be unpacked."""
        opened = _DecompressedStream(self.content.open(), self.compression, self.source)
        try:
            # What has taken so many packed bytes may unpack to FREE_BYTES and more.
            while MAX_RATIO * opened.packed.taken < FREE_BYTES and opened.read(_PIECE):
                pass
        finally:
            opened.close()

    def seekable(self) -> BinaryIO:
        """See :class:`recurra.data.content.Content`."""
        opened, file = self.open(again=False), tempfile.TemporaryFile()  # noqa: SIM115  (it is handed on)
        while data := opened.read(_PIECE):
            file.write(data)
        opened.close()
        file.seek(0)
        return file


class _ByteCounter(io.RawIOBase):
    """The packed bytes, and how many of them have been taken."""

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
        self.packed, self.given = _ByteCounter(opened), 0
        self.stream: Any
        if compression == "gzip":
            self.stream = gzip.GzipFile(fileobj=self.packed, mode="rb")
        else:
            import pyarrow as pa

            self.stream = pa.CompressedInputStream(pa.PythonFile(self.packed, mode="r"), "zstd")

    @property
    def size(self) -> int | None:
        """Length of what is unpacked, if the rest packs as well as what has come."""
        whole = self.opened.size
        return None if whole is None else whole * self.given // max(self.packed.taken, 1)

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
        if self.given > max(FREE_BYTES, MAX_RATIO * self.packed.taken):
            raise DataError(
                f"{self.source} unpacks to more than {MAX_RATIO} times its own length",
                "If it is meant so, unpack it first.",
            )
        return b"".join(parts)

    def close(self) -> None:
        self.stream.close()
        self.opened.close()
