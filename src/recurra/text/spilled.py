"""Counts of more tokens than memory should hold, added up on disk.

Each token belongs to one of some parts by a hash of its bytes, so that a part's counts can be added up by themselves.
The sums are exact.
"""

from __future__ import annotations

import contextlib
import heapq
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import IO

import numpy as np

__all__ = ["SpilledCounts"]

PARTS = 64


class SpilledCounts:
    """Takes counts of tokens, any number of times, and adds them up in the end.

    They lie in temporary files that have no name, and are gone with this object however the program ends.
    """

    def __init__(self) -> None:
        self._files: list[IO[bytes]] = []
        self._closing = contextlib.ExitStack()

    def __bool__(self) -> bool:
        return bool(self._files)

    def add(self, counts: Mapping[str, int]) -> None:
        """Takes counts, to be added to those of the same tokens before."""
        if not self._files:
            for _ in range(PARTS):
                file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by most_frequent)
                self._files.append(self._closing.enter_context(file))
        parts: list[list[tuple[bytes, int]]] = [[] for _ in range(PARTS)]
        for token, count in counts.items():
            encoded = token.encode()
            parts[zlib.crc32(encoded) % PARTS].append((encoded, count))
        for spilled, part in zip(self._files, parts, strict=True):
            np.save(spilled, np.array([len(token) for token, _ in part], dtype=np.int64), allow_pickle=False)
            np.save(spilled, np.array([count for _, count in part], dtype=np.int64), allow_pickle=False)
            np.save(spilled, np.frombuffer(b"".join(token for token, _ in part), dtype=np.uint8), allow_pickle=False)

    def most_frequent(self, count: int) -> dict[str, int]:
        """So many tokens at most, with their counts: the most frequent, and of equal ones the last by their bytes."""
        best: list[tuple[int, bytes]] = []
        with self._closing:
            for spilled in self._files:
                sums: Counter[bytes] = Counter()
                for token, met in _read(spilled):
                    sums[token] += met
                best = heapq.nlargest(count, chain(best, ((met, token) for token, met in sums.items())))
        return {token.decode(): met for met, token in best}


def _read(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        lengths, counts, joined = (np.load(file, allow_pickle=False) for _ in range(3))
        whole, begin = joined.tobytes(), 0
        for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
            yield whole[begin : begin + length], count
            begin += length
