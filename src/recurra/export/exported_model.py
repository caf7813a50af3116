"""A model in another form, not yet written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document

__all__ = ["ExportedModel"]


class ExportedModel(NamedTuple):
    """What an export made.

    Attributes:
        format: its name, as the command's option has it.
        data: all bytes of the file.
        predict: from B documents to float32[B, C], computed from ``data`` alone, so that what is checked is what is
            written.
    """

    format: str
    data: bytes
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]]
