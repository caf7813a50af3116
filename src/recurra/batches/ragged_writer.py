"""Collects token ids part by part: in memory, or in a temporary file that is memory-mapped if they are many."""

from __future__ import annotations

import errno
import mmap
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from recurra.batches.ragged import Ragged
from recurra.errors import DataError

__all__ = ["IN_MEMORY", "MappedRagged", "RaggedWriter"]

IN_MEMORY = 1 << 26
"""Bytes of ids that are kept in memory; more are written to disk."""

RESIDENT = 1 << 26
"""Bytes of mapped ids that may be resident, about; then all pages are released, and the system still caches the file.

Resident pages count as this process's memory, and random reading soon makes the whole file resident.
"""

# Bytes that one read makes resident, at most: if Linux caches the file in large pages, it maps a whole one.
AROUND = 1 << 21


@dataclass(frozen=True, eq=False)
class MappedRagged(Ragged):
    """A set of token sequences whose ids are in a memory-mapped file, as uint16 or int32.

    Attributes:
        file: the mapped file.
    """

    file: MappedFile

    @classmethod
    def of(cls, file: IO[bytes], dtype: npt.DTypeLike, offsets: npt.NDArray[np.int64]) -> MappedRagged:
        """Maps a file, which may be closed afterwards.

        Args:
            file: holds the ids, at least one.
            dtype: of the ids.
            offsets: int64[B + 1].
        """
        mapped = MappedFile(file)
        return cls(np.frombuffer(mapped.mmap, dtype=dtype), offsets, mapped)


class MappedFile:
    """A memory-mapped file whose pages are released regularly.

    Args:
        file: of at least one byte.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.mmap = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._read = 0
        self._advise("MADV_RANDOM")

    def note_read(self, size: int, places: int) -> None:
        """Counts a read, and releases all pages once many may be resident; the next read maps them again.

        Args:
            size: number of bytes read.
            places: number of places in the file where they were read.
        """
        self._read += size + places * AROUND
        if self._read > RESIDENT:
            self._read = 0
            self._advise("MADV_DONTNEED")

    def _advise(self, name: str) -> None:
        # A system without this advice decides by itself which pages to release.
        advice = getattr(mmap, name, None)
        if advice is not None:
            self.mmap.madvise(advice)


class RaggedWriter:
    """Collects sets of token sequences into one; a context manager that closes its file.

    Args:
        known: ids are below this number; in a file they take two bytes if that is enough.
        folder: for the temporary file; the system's folder of temporary files if not given. The file has no name and
            disappears with the process, however that ends.
    """

    def __init__(self, known: int, *, folder: Path | None = None) -> None:
        self._dtype = np.uint16 if known <= 1 << 16 else np.int32
        self._folder = folder
        self._parts: list[Ragged] = []
        self._lengths: list[npt.NDArray[np.int64]] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, part: Ragged) -> None:
        """Appends documents.

        Raises:
            DataError: the disk is full.
        """
        self._parts.append(part)
        self._bytes += part.values.nbytes
        if self._file is not None or self._bytes > IN_MEMORY:
            self._write()

    def to_ragged(self) -> Ragged:
        """All documents."""
        if self._file is None:
            return Ragged.concatenate(self._parts)
        self._file.flush()
        offsets = np.zeros(sum(map(len, self._lengths)) + 1, dtype=np.int64)
        np.cumsum(np.concatenate(self._lengths), out=offsets[1:])
        return MappedRagged.of(self._file, self._dtype, offsets)

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  (closed on leaving)
            for part in self._parts:
                self._file.write(part.values.astype(self._dtype).data)
                self._lengths.append(part.lengths)
        except OSError as error:
            where = self._folder or tempfile.gettempdir()
            hint = "Free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Check that folder"
            raise DataError(
                f"Token ids cannot be kept in {where}: {error.strerror}", f"{hint}, or name another one."
            ) from None
        self._parts.clear()
