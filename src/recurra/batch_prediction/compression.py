"""Compressed output, written as independent members, so that an interrupted run can resume between two of them."""

from __future__ import annotations

import gzip

from recurra.batch_prediction.sinks import File

__all__ = ["MEMBER_BYTES", "CompressedWriter"]

MEMBER_BYTES = 4 << 20
"""Minimum size of a member in uncompressed bytes; fixed, so that a resumed run writes the same members."""


class CompressedWriter:
    """Compresses the bytes that are written to it.

    Args:
        file: receives the compressed bytes.
        compression: ``gzip`` or ``zstd``; the latter needs pyarrow.
    """

    def __init__(self, file: File, compression: str) -> None:
        self.file, self.compression = file, compression
        self._buffer: list[bytes] = []
        self._size = 0

    @property
    def flushed(self) -> bool:
        """Whether all bytes received have been written."""
        return not self._buffer

    def write(self, data: bytes, /) -> int:
        """Buffers bytes and returns their number."""
        self._buffer.append(data)
        self._size += len(data)
        if self._size >= MEMBER_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Writes the buffered bytes as one member."""
        data = b"".join(self._buffer)
        self._buffer, self._size = [], 0
        if self.compression == "gzip":
            # No timestamp in the header: the same predictions give the same bytes.
            self.file.write(gzip.compress(data, compresslevel=6, mtime=0))
        else:
            import pyarrow as pa

            self.file.write(pa.compress(data, codec="zstd", asbytes=True))
