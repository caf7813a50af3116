"""Counts tokens on disk when there are too many different ones for memory.

A hash of its bytes assigns each token to one of some partitions, which are added up one at a time. The sums are exact.
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

__all__ = ["DiskCounter"]

PARTS = 64


class DiskCounter:
    """Collects counts of tokens in temporary files, and adds them up at the end.

    The files have no name, and disappear with this object however the program ends.
    """

    def __init__(self) -> None:
        self._files: list[IO[bytes]] = []
        self._closing = contextlib.ExitStack()

    def __bool__(self) -> bool:
        return bool(self._files)

    def add(self, counts: Mapping[str, int]) -> None:
        """Adds counts to those of before."""
        if not self._files:
            for _ in range(PARTS):
                file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by most_frequent)
                self._files.append(self._closing.enter_context(file))
        parts: list[list[tuple[bytes, int]]] = [[] for _ in range(PARTS)]
        for token, count in counts.items():
            encoded = token.encode()
            parts[zlib.crc32(encoded) % PARTS].append((encoded, count))
        for file, part in zip(self._files, parts, strict=True):
            np.save(file, np.array([len(token) for token, _ in part], dtype=np.int64), allow_pickle=False)
            np.save(file, np.array([count for _, count in part], dtype=np.int64), allow_pickle=False)
            np.save(file, np.frombuffer(b"".join(token for token, _ in part), dtype=np.uint8), allow_pickle=False)

    def most_frequent(self, count: int) -> dict[str, int]:
        """The ``count`` most frequent tokens with their counts; of equal counts the last in the order of the bytes."""
        best: list[tuple[int, bytes]] = []
        with self._closing:
            for file in self._files:
                sums: Counter[bytes] = Counter()
                for token, met in _read(file):
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
