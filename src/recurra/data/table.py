"""A table of documents with, where known, their labels."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label
from recurra.errors import DataError

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """Documents in file order and their labels.

    Attributes:
        documents: B documents; all plain texts, or all (title, text) pairs.
        labels: B labels of one type, or None for a table without labels.
        text_column: the column that the texts came from.
        title_column: the column of the titles, None when the documents are plain texts.
        label_column: the column of the labels, None without labels.
        source: where the table came from, for messages and records.
        notes: one line each on what was guessed while reading.

    Raises:
        DataError: the labels are not as many as the documents.
    """

    documents: list[Document]
    labels: list[Label] | None
    text_column: str
    title_column: str | None
    label_column: str | None
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.labels is not None and len(self.labels) != len(self.documents):
            raise DataError(
                f"{self.source}: {len(self.documents):,} documents and {len(self.labels):,} labels",
                "Give one label a document.",
            )

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def has_titles(self) -> bool:
        """Whether the documents are (title, text) pairs."""
        return self.title_column is not None

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Table:
        """The rows at ``indices``, in that order.

        Args:
            indices: places in [0, B); a place may come twice.

        Raises:
            DataError: a place is outside the table.
        """
        places = np.asarray(indices, dtype=np.int64)
        outside = (places < 0) | (places >= len(self))
        if outside.any():
            raise DataError(
                f"{self.source}: row {places[outside][0]} of {len(self):,}",
                "Take rows from 0 to the number of rows - 1.",
            )
        rows = places.tolist()
        labels = None if self.labels is None else [self.labels[row] for row in rows]
        return replace(self, documents=[self.documents[row] for row in rows], labels=labels)

    def head(self, count: int | None) -> Table:
        """The first ``count`` rows; the whole table for None or a larger number."""
        return self if count is None or count >= len(self) else self.take(range(max(count, 0)))

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over documents and labels: equal tables, and only those, share it.

        Every value is written as a type byte, its length in bytes (uint64, little-endian) and its bytes, so no two
        different tables give the same stream. Column names, source and notes are not part of it.
        """
        digest = hashlib.sha256()
        for part in (self.documents, self.labels):
            digest.update(b"-" if part is None else b"+" + struct.pack("<Q", len(part)))
            for block in _blocks(part or ()):
                digest.update(block)
        return digest.hexdigest()


def _blocks(values: Sequence[Document] | Sequence[Label], size: int = 4096) -> Iterable[bytes]:
    """The encoded values in joined blocks: hashing 58,000 short strings one by one costs more than the hash."""
    for start in range(0, len(values), size):
        yield b"".join(_encoded(value) for value in values[start : start + size])


def _encoded(value: Document | Label) -> bytes:
    if isinstance(value, tuple):
        return b"p" + _encoded(value[0]) + _encoded(value[1])
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        # A text may hold lone surrogates when it was not read from a file; they have no UTF-8 of their own.
        kind, body = b"s", value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bool):  # before int, of which it is a kind
        kind, body = b"b", b"1" if value else b"0"
    elif isinstance(value, int):
        kind, body = b"i", str(value).encode()
    elif isinstance(value, float):
        kind, body = b"f", struct.pack("<d", value)
    else:
        raise DataError(f"a value of type {type(value).__name__}", "Give texts, pairs of texts, and simple labels.")
    return kind + struct.pack("<Q", len(body)) + body
