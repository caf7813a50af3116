"""Finds a text among the labelled rows of a service, as its model reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.text.fields import input_texts
from recurra.text.settings import TextSettings

if TYPE_CHECKING:
    from recurra.data.table import Table

__all__ = ["SameRows"]

# Rows that are searched, and rows of one text that are named.
MOST_ROWS, NAMED = 1_000_000, 3
# Texts that are hashed at a time.
BLOCK = 4096


class SameRows:
    """Rows by their texts; white space does not count. One thread at a time may ask.

    Args:
        data: labelled rows.
    """

    def __init__(self, data: Table) -> None:
        self._data = data
        self._hashes = dict[tuple[str, int | None], npt.NDArray[np.int64]]()

    def find(self, text: str, settings: TextSettings) -> list[dict[str, Any]]:
        """The rows that are a text, up to three, as ``{"number", "label"}``; none in a file of over a million rows.

        Args:
            text: as a model reads it.
            settings: which part of a row that model reads.
        """
        data, wanted = self._data, _plain(text)
        if data.labels is None or not wanted or len(data) > MOST_ROWS:
            return []
        places = (self._of(settings) == hash(wanted)).nonzero()[0].tolist()
        return [
            {"number": int(data.numbers[place]), "label": data.labels[place]}
            for place in places
            if _plain(input_texts([data.documents[place]], settings)[0]) == wanted
        ][:NAMED]

    def _of(self, settings: TextSettings) -> npt.NDArray[np.int64]:
        """The hash of each row's text, int64[rows]; eight bytes a row stay in memory for each part that models read."""
        key = settings.field, settings.first_words
        if key not in self._hashes:
            documents = self._data.documents
            hashes = np.empty(len(documents), dtype=np.int64)
            for first in range(0, len(documents), BLOCK):
                texts = input_texts(documents[first : first + BLOCK], settings)
                hashes[first : first + len(texts)] = [hash(_plain(text)) for text in texts]
            self._hashes[key] = hashes
        return self._hashes[key]


def _plain(text: str) -> str:
    return " ".join(text.split())
