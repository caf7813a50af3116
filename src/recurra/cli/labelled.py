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
    from recurra.runtime import Model

__all__ = ["never_seen", "probabilities_of", "readable_rows"]

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
