"""Many texts as one array of UTF-8 bytes, which is what the kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["TextBuffer"]


@dataclass(frozen=True, eq=False)
class TextBuffer:
    """B texts in two arrays (Arrow's layout of strings).

    Text ``i`` is the UTF-8 of ``data[offsets[i]:offsets[i + 1]]``.

    Attributes:
        data: uint8[S].
        offsets: int64[B + 1], rising.
    """

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> TextBuffer:
        """Joins texts; a lone surrogate, which UTF-8 cannot encode, becomes a question mark.

        Raises:
            TypeError: an item is not a text.
        """
        joined = "".join(texts)
        data = np.frombuffer(joined.encode("utf-8", "replace"), dtype=np.uint8)
        offsets = np.zeros(len(texts) + 1, dtype=np.int64)
        np.add.accumulate(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)), out=offsets[1:])
        if len(data) > len(joined):
            # Lengths count characters. A character begins at every byte that does not continue one (0b10xxxxxx).
            begins = np.flatnonzero((data & 0xC0) != 0x80)
            offsets = np.append(begins, len(data))[offsets].astype(np.int64)
        return cls(data, offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        if not -len(self) <= index < len(self):
            raise IndexError(f"text {index} of {len(self)}")
        index %= len(self)
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes().decode("utf-8", "replace")
