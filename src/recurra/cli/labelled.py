"""Labelled rows as a model reads them, and its answers to many documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recurra.data.documents import Document, Label
    from recurra.data.table import Table
    from recurra.evaluation.targets import UnknownLabels
    from recurra.runtime import Model
    from recurra.tasks.unknown_labels import EncodedTargets

__all__ = ["labelled_rows", "never_seen", "probabilities_of", "readable_rows"]

# Documents between two steps of the progress bar.
BLOCK = 2048


def readable_rows(table: Table, model: Model, output: Output) -> tuple[list[Document], list[Label]]:
    """The rows that have what the model reads: rows without a title say nothing to one that reads titles.

    Raises:
        DataError: no row is left.
    """
    rows = list(zip(table.documents, table.labels or [], strict=True))
    if model.bundle.text.field == "title":
        rows = [row for row in rows if isinstance(row[0], str) or row[0][0].strip()]
        if not rows:
            raise DataError(f"{table.source} has no row with a title", "The model reads titles: name their column.")
    if len(rows) < len(table):
        output.note(f"{len(table) - len(rows):,} of {len(table):,} rows have no title and are left out.")
    return [document for document, _ in rows], [label for _, label in rows]


def never_seen(rows: int) -> str:
    """What follows the number of rows where some have labels that training never saw."""
    return f", {rows:,} with a label that training never saw" if rows else ""


def labelled_rows(
    table: Table, model: Model, output: Output, unknown_labels: UnknownLabels = "error", *, separator: str | None = None
) -> tuple[list[Document], EncodedTargets]:
    """The rows that the model can read, with their targets.

    Args:
        table: labelled rows, their labels as they were read.
        model: reads.
        output: of the command.
        unknown_labels: what becomes of rows with a label that training never saw.
        separator: between the labels of a cell, as a person says; ``None`` takes that of the rows the model learned.

    Raises:
        DataError: no row is left, or such a label where it is an error.
    """
    documents, labels = readable_rows(table, model, output)
    mark = model.label_separator if model.task.lists and separator is None else separator
    rows = model.task.encode_targets(
        model.bundle.labels, labels, unknown_labels, source=table.source, say=output.note, separator=mark
    )
    return [documents[place] for place in rows.places.tolist()], rows


def probabilities_of(
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]], documents: Sequence[Document], output: Output
) -> npt.NDArray[np.float32]:
    """``predict`` of all documents, float32[B, C], with a progress bar."""
    import numpy as np

    parts = []
    with Bars(output) as bars:
        advance = bars.begin("predicting", len(documents))
        for first in range(0, len(documents), BLOCK):
            block = documents[first : first + BLOCK]
            parts.append(predict(block))
            advance(len(block), "")
    return np.concatenate(parts)
