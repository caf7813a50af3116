"""Token ids that arrive part by part: kept in memory, or on disk and mapped where they are many."""

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
"""Bytes of ids that stay in memory; beyond, they go to disk."""

RESIDENT = 1 << 26
"""Bytes of mapped ids that may be in memory, about: then all are given back to the system, which has them in its cache.

They count as this process's memory while they are mapped, and reading at random soon maps the whole file.
"""

# What reading at a place maps, at most: Linux maps the large page that it keeps the file in as a whole.
AROUND = 1 << 21


@dataclass(frozen=True, eq=False)
class MappedRagged(Ragged):
    """A set of token sequences whose ids lie in a file; uint16 or int32.

    Attributes:
        pages: the mapped file.
    """

    pages: Pages

    @classmethod
    def of(cls, file: IO[bytes], dtype: npt.DTypeLike, offsets: npt.NDArray[np.int64]) -> MappedRagged:
        """Maps a file, which may be closed afterwards.

        Args:
            file: the ids, at least one.
            dtype: their type.
            offsets: int64[B + 1].
        """
        pages = Pages(file)
        return cls(np.frombuffer(pages.mapped, dtype=dtype), offsets, pages)


class Pages:
    """A mapped file that does not stay in memory for long.

    Args:
        file: of at least one byte.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._read = 0
        self._advise("MADV_RANDOM")

    def have_been_read(self, size: int, places: int) -> None:
        """Gives all pages back once many may be in memory; another read finds them again.

        Args:
            size: bytes that were read.
            places: at how many places of the file.
        """
        self._read += size + places * AROUND
        if self._read > RESIDENT:
            self._read = 0
            self._advise("MADV_DONTNEED")

    def _advise(self, name: str) -> None:
        # Where a system knows no such advice, it finds out by itself which pages are not used.
        advice = getattr(mmap, name, None)
        if advice is not None:
            self.mapped.madvise(advice)


class RaggedWriter:
    """Takes sets of token sequences, while entered, and gives them back as one.

    Args:
        known: ids are below this number; in a file they take two bytes where that is enough.
        folder: where a file may be made; the system's folder of temporary files if not given. It has no name and is
            gone with the process, however that ends.
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
        """Takes the next documents.

        Raises:
            DataError: the disk is full.
        """
        self._parts.append(part)
        self._bytes += part.values.nbytes
        if self._file is not None or self._bytes > IN_MEMORY:
            self._write()

    def whole(self) -> Ragged:
        """All documents."""
        if self._file is None:
            return Ragged.joined(self._parts)
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
