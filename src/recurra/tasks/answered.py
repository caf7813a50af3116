"""What the page of an evaluation is made of: the tested rows, and the parts of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label

__all__ = ["Answered", "Section"]


class Answered(NamedTuple):
    """Tested rows with a model's answers.

    Attributes:
        probabilities: float32[B, C].
        targets: as the task has them.
        documents: B texts or pairs.
        classes: C labels.
        unknown: labels that are no classes, as :meth:`recurra.tasks.Task.encode_targets` gives them.
    """

    probabilities: npt.NDArray[np.float32]
    targets: npt.NDArray[Any]
    documents: Sequence[Document]
    classes: Sequence[Label]
    unknown: Sequence[Any] = ()


class Section(NamedTuple):
    """A part of the page of an evaluation.

    Attributes:
        title: its heading.
        text: a sentence or some.
        header: of a table, or empty.
        rows: of the table, as they are shown; all but the first column are numbers.
    """

    title: str
    text: str
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
