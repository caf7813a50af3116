"""Labelled rows of a table as a model reads them: all, or a random sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.data.documents import Document, Label
from recurra.data.known_rows import CORRECTED
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.runtime import Model

__all__ = ["LabelledSample", "check_supports_views", "known_targets", "select_rows"]


@dataclass(frozen=True, eq=False)
class LabelledSample:
    """Labelled documents and their ids.

    Attributes:
        rows: int64[B], the index of each row in its table, from 0, rising.
        documents: B texts or (title, text) pairs.
        targets: int64[B], their classes.
        ids: their token ids, without pads.
        classes: the labels by class.
        numbers: int64[B], the number of each row in messages.
    """

    rows: npt.NDArray[np.int64]
    documents: list[Document]
    targets: npt.NDArray[np.int64]
    ids: Ragged
    classes: list[Label]
    numbers: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls,
        model: Model,
        data: Table,
        *,
        limit: int | None = None,
        seed: int = 0,
        say: Callable[[str], None] = lambda message: None,
    ) -> LabelledSample:
        """Chooses rows.

        Args:
            model: the model; if it reads titles, rows without one are left out.
            data: a table with labels.
            limit: largest number of rows, drawn at random; ``None`` takes all.
            seed: seed of the draw.
            say: called with messages for the user.

        Raises:
            DataError: the model's task has no views, the table has no labels or one that the model does not know, or
                the model can read none of the rows.
        """
        check_supports_views(model)
        rows, documents, labels = select_rows(model, data, limit=limit, seed=seed, say=say)
        targets = known_targets(model, labels, source=data.source, say=say)
        ids, classes = model.bundle.pipeline.encode(documents), list(model.bundle.labels.classes)
        return cls(rows, documents, targets, ids, classes, data.numbers[rows])

    def __len__(self) -> int:
        return len(self.rows)

    def number(self, place: int) -> int:
        """The number in messages of the row at a place of the sample."""
        return int(self.numbers[place])

    def label(self, place: int) -> Label:
        """The label of the document at a place of the sample."""
        return self.classes[int(self.targets[place])]


def select_rows(
    model: Model, data: Table, *, limit: int | None, seed: int, say: Callable[[str], None]
) -> tuple[npt.NDArray[np.int64], list[Document], list[Any]]:
    """Rows of a table that a model can read: indices from 0, int64[B], rising; documents; and labels as in the table.

    Arguments and errors are those of :meth:`LabelledSample.of`, except that any labels are accepted.
    """
    if data.labels is None:
        raise DataError(f"{data.source} has no labels", "Name their column.")
    rows = np.arange(len(data))
    if model.bundle.text.field == "title":
        rows = np.array([row for row in rows.tolist() if _has_title(data.documents[row])], dtype=np.int64)
        if len(rows) < len(data):
            say(f"{len(data) - len(rows):,} of {len(data):,} rows have no title and are left out.")
    if not len(rows):
        raise DataError(
            f"{data.source} has no row that the model can read", "Give texts, with titles if it reads them."
        )
    if limit is not None and limit < len(rows):
        rows = np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))
    places = rows.tolist()
    return rows, [data.documents[row] for row in places], [data.labels[row] for row in places]


def known_targets(
    model: Model, labels: Sequence[Any], *, source: str, say: Callable[[str], None] = lambda message: None
) -> npt.NDArray[np.int64]:
    """The classes of labels, int64[B].

    Args:
        model: the model.
        labels: B labels as in the table.
        source: name of the table.
        say: called with messages for the user.

    Raises:
        DataError: the model does not know a label; its hint says if decisions may have taken it away.
    """
    try:
        return model.task.targets(model.bundle.labels, labels, source=source, say=say)
    except DataError as error:
        if "cleaning" not in model.record:
            raise
        raise DataError(error.received, f"{error.hint} The model learned after decisions: {CORRECTED}.") from None


def check_supports_views(model: Model) -> None:
    """Raises a :class:`DataError` for a model whose task the views of a whole file do not support."""
    if not model.task.views:
        raise DataError(
            f"Views of a whole file look at rows of one class, and this model gives {model.task.wording.gives}",
            "Read single texts with it, or see each label's scores: recurra evaluate, or Model in the reading room.",
        )


def _has_title(document: Document) -> bool:
    return isinstance(document, str) or bool(document[0].strip())
