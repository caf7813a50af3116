"""A model in another format, not yet written to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.documents import Document

__all__ = ["ExportedModel"]


class ExportedModel(NamedTuple):
    """The result of an export.

    Attributes:
        format: name of the format, as in the command's option.
        data: the bytes of the file.
        bundle: the model with the weights that the file holds, whose answers are the file's.
        predict: a function from B documents to float32[B, C], computed from ``data`` alone, so that exactly what is
            written is checked.
        program: text of a Python file that goes beside it, empty if there is none.
    """

    format: str
    data: bytes
    bundle: Bundle
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]]
    program: str = ""

    def __repr__(self) -> str:
        """One line: the bytes would fill the screen."""
        return f"ExportedModel({self.format}, {len(self.data):,} bytes)"
