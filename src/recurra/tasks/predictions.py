"""What a task needs for its part of an evaluation's page: the predictions, and sections to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label

__all__ = ["Predictions", "Section"]


class Predictions(NamedTuple):
    """A model's predictions for the B tested rows, with the rows themselves.

    Attributes:
        probabilities: float32[B, C].
        targets: of the rows, as the task encodes them.
        documents: B texts or (title, text) pairs.
        classes: C labels.
        unknown: labels that are not classes, as :meth:`recurra.tasks.Task.encode_targets` returns them.
    """

    probabilities: npt.NDArray[np.float32]
    targets: npt.NDArray[Any]
    documents: Sequence[Document]
    classes: Sequence[Label]
    unknown: Sequence[Any] = ()


class Section(NamedTuple):
    """A section of an evaluation's page.

    Attributes:
        title: its heading.
        text: one or more sentences.
        header: column titles of a table, or empty.
        rows: of the table, as they are shown; all columns but the first are numbers.
    """

    title: str
    text: str
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
