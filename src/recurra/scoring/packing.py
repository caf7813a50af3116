"""Compressed output, made of members that are whole in themselves, so that one can go on between them."""

from __future__ import annotations

import gzip

from recurra.scoring.sinks import File

__all__ = ["MEMBER_BYTES", "PackingFile"]

MEMBER_BYTES = 4 << 20
"""Bytes of a member before it is packed, at least: as many whenever a run was broken off."""


class PackingFile:
    """Packs what is written to it.

    Args:
        file: takes the packed bytes.
        packing: ``gzip`` or ``zstd``; the second needs pyarrow.
    """

    def __init__(self, file: File, packing: str) -> None:
        self.file, self.packing = file, packing
        self._waiting: list[bytes] = []
        self._size = 0

    @property
    def settled(self) -> bool:
        """Whether all that was given has been written."""
        return not self._waiting

    def write(self, data: bytes, /) -> int:
        """Takes bytes and tells how many."""
        self._waiting.append(data)
        self._size += len(data)
        if self._size >= MEMBER_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Writes a member with all that is waiting."""
        data = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        if self.packing == "gzip":
            # No time in its head: the same answers are the same bytes.
            self.file.write(gzip.compress(data, compresslevel=6, mtime=0))
        else:
            import pyarrow as pa

            self.file.write(pa.compress(data, codec="zstd", asbytes=True))
