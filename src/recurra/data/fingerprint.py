"""A hash of documents and labels that are added in parts."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from recurra.data.documents import Document, Label, LabelSet
from recurra.data.encoded_labels import EncodedLabels
from recurra.errors import DataError

__all__ = ["Fingerprint", "fingerprint_of"]

# Number of values that are joined before hashing: one call per short string costs more than the hash.
JOINED = 4096


class Fingerprint:
    """SHA-256 of B documents and B labels; it is equal for equal rows only.

    Every value is hashed as a type byte, its length in bytes (uint64, little-endian) and its bytes, so that different
    tables never give the same stream.

    Args:
        count: B.
    """

    def __init__(self, count: int) -> None:
        self._digest = hashlib.sha256(b"+" + struct.pack("<Q", count))

    def add(self, documents: Sequence[Document]) -> None:
        """Adds the next documents."""
        for some in _parts(documents):
            self._digest.update(b"".join(map(_encoded, some)))

    def of(self, labels: EncodedLabels | None) -> str:
        """The hash (hex) after all documents were added.

        Args:
            labels: the labels of all documents, or ``None``.
        """
        digest = self._digest.copy()
        if labels is None:
            digest.update(b"-")
            return digest.hexdigest()
        digest.update(b"+" + struct.pack("<Q", len(labels)))
        encoded = np.array([_label(value) for value in labels.values], dtype=object)
        for first in range(0, len(labels), JOINED):
            digest.update(b"".join(encoded[labels.codes[first : first + JOINED]]))
        return digest.hexdigest()


def fingerprint_of(documents: Sequence[Document], labels: Iterable[Label] | Iterable[LabelSet] | None) -> str:
    """The :class:`Fingerprint` (hex) of rows in memory.

    Args:
        documents: B documents.
        labels: B labels, or ``None``.
    """
    fingerprint = Fingerprint(len(documents))
    fingerprint.add(documents)
    return fingerprint.of(None if labels is None else EncodedLabels.of(labels))


def _parts(values: Sequence[Document]) -> Iterator[Sequence[Document]]:
    for start in range(0, len(values), JOINED):
        yield values[start : start + JOINED]


def _label(value: Label | LabelSet) -> bytes:
    if isinstance(value, tuple):
        return b"m" + struct.pack("<Q", len(value)) + b"".join(map(_encoded, value))
    return _encoded(value)


def _encoded(value: Document | Label) -> bytes:
    if isinstance(value, tuple):
        return b"p" + _encoded(value[0]) + _encoded(value[1])
    if isinstance(value, str):
        # A text that was not read from a file may have lone surrogates, which UTF-8 cannot encode.
        kind, body = b"s", value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bool):  # before int, which it is a subclass of
        kind, body = b"b", b"1" if value else b"0"
    elif isinstance(value, int):
        kind, body = b"i", str(value).encode()
    elif isinstance(value, float):
        kind, body = b"f", struct.pack("<d", value)
    else:
        raise DataError(f"a value of type {type(value).__name__}", "Give texts, pairs of texts, and simple labels.")
    return kind + struct.pack("<Q", len(body)) + body
