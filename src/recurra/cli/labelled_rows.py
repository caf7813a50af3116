"""Labelled rows that a model can be scored on, and predictions with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recurra.data.columns import Columns
    from recurra.data.corpus import Corpus
    from recurra.data.documents import Document
    from recurra.data.label_format import UnknownLabels
    from recurra.data.table import Table
    from recurra.runtime import Model
    from recurra.tasks.unknown_labels import EncodedTargets

__all__ = [
    "labelled_rows",
    "predict_with_progress",
    "unknown_labels_note",
    "warn_of_swapped_columns",
]

# Number of documents between two updates of the progress bar.
BLOCK = 2048


def unknown_labels_note(rows: int) -> str:
    """Text after the number of rows on those with a label that training never saw, if any."""
    return f", {rows:,} with a label that training never saw" if rows else ""


def labelled_rows(
    table: Table, model: Model, output: Output, unknown_labels: UnknownLabels = "error", *, separator: str | None = None
) -> tuple[list[Document], EncodedTargets]:
    """The rows that the model can read, with their targets.

    Args:
        table: labelled rows.
        model: the model.
        output: prints notes.
        unknown_labels: how to treat rows with a label that training never saw.
        separator: separator of the labels in a cell; ``None`` takes that of the training data.

    Raises:
        DataError: no rows are left, or none has a text, or a label is unknown and that is an error.
    """
    from recurra.runtime.known_rows import readable_rows

    documents, labels = readable_rows(table, model)
    if len(documents) < len(table):
        output.note(f"{len(table) - len(documents):,} of {len(table):,} rows have no title and are left out.")
    if not any(one.strip() if isinstance(one, str) else "".join(one).strip() for one in documents):
        raise DataError(f"No row of {table.source} has a text", "Name the column of the texts with --text.")
    rows = model.task.encode_targets(
        model.bundle.labels,
        labels,
        unknown_labels,
        source=table.source,
        say=output.note,
        separator=_separator(model, separator),
    )
    bare = int((~rows.targets.any(axis=1)).sum()) if rows.targets.ndim == 2 else 0
    if bare:
        output.note(
            f"Rows without a label that the model knows: {bare:,} of {len(rows.targets):,}. "
            "They count as rows without one."
        )
    return [documents[place] for place in rows.places.tolist()], rows


def _separator(model: Model, given: str | None) -> str | None:
    return model.label_separator if model.task.lists and given is None else given


def predict_with_progress(
    predict: Callable[[Sequence[Document]], npt.NDArray[np.float32]], documents: Sequence[Document], output: Output
) -> npt.NDArray[np.float32]:
    """The result of ``predict`` for all documents, float32[B, C], with a progress bar."""
    import numpy as np

    parts = []
    with Bars(output) as bars:
        advance = bars.begin("predicting", len(documents))
        for first in range(0, len(documents), BLOCK):
            block = documents[first : first + BLOCK]
            parts.append(predict(block))
            advance(len(block), "")
    return np.concatenate(parts)


def warn_of_swapped_columns(rows: Corpus, columns: Columns | None, output: Output) -> None:
    """Warns if there are so many classes that texts may have been read as labels."""
    from recurra.data.label_format import nearly_one_a_row

    classes = rows.labels.values
    if not nearly_one_a_row(len(classes), len(rows)) or any(isinstance(value, tuple) for value in classes):
        return
    where = "" if columns is None else f" in the column {columns.label!r}, and texts in {columns.text!r}"
    output.warn(
        f"{rows.source} has {len(classes):,} distinct labels in {len(rows):,} rows{where}: are texts and labels "
        "swapped? If so, name the columns with --text and --label."
    )
