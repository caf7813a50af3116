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
    from recurra.data.documents import Document, Label
    from recurra.data.label_format import UnknownLabels
    from recurra.data.table import Table
    from recurra.runtime import Model
    from recurra.tasks.unknown_labels import EncodedTargets

__all__ = [
    "known_rows_note",
    "labelled_rows",
    "predict_with_progress",
    "readable_rows",
    "unknown_labels_note",
    "warn_of_swapped_columns",
]

# Number of documents between two updates of the progress bar.
BLOCK = 2048

# What is said of scores on rows that the model knows.
KNOWN = {
    "training": "These are the rows that the model learned from: the scores say how well they are remembered.",
    "validation": "By these rows it was chosen when the model's training stops: on new rows it may score lower.",
    "earlier": "The model that this one was trained on from learned from these rows: the scores say how well they are "
    "remembered.",
}


def readable_rows(table: Table, model: Model) -> tuple[list[Document], list[Label]]:
    """The rows that the model can read: a model that reads titles only needs rows with a title.

    Raises:
        DataError: there are no such rows.
    """
    labels = table.labels or []
    if table.class_numbers is not None and set(model.bundle.labels.classes) <= set(table.class_numbers.values()):
        # A model that learned from the numbers in the file.
        labels = [table.class_numbers[label] for label in labels]
    rows = list(zip(table.documents, labels, strict=True))
    if model.bundle.text.field == "title":
        rows = [row for row in rows if isinstance(row[0], str) or row[0][0].strip()]
        if not rows:
            raise DataError(f"{table.source} has no row with a title", "The model reads titles: name their column.")
    return [document for document, _ in rows], [label for _, label in rows]


def known_rows_note(table: Table, model: Model, *, separator: str | None = None) -> str | None:
    """What to say of scores on a table whose very rows the model learned from or was validated on.

    Args:
        table: labelled rows.
        model: the model.
        separator: separator of the labels in a cell; ``None`` takes that of the training data.

    Raises:
        DataError: the model can read no row.
    """
    from recurra.data.fingerprint import fingerprint_of
    from recurra.data.known_rows import known_as
    from recurra.data.label_format import split_labels

    documents, labels = readable_rows(table, model)
    read = split_labels(labels, _separator(model, separator)) if model.task.lists else labels
    role = known_as(model.record, len(documents), lambda: fingerprint_of(documents, read))
    if role is None and not model.task.lists:
        # Rows to validate on with a label that no training row has were left out.
        classes = set(map(repr, model.bundle.labels.classes))
        kept = [place for place, label in enumerate(labels) if repr(label) in classes]
        if 0 < len(kept) < len(labels):
            role = known_as(
                model.record,
                len(kept),
                lambda: fingerprint_of([documents[place] for place in kept], [labels[place] for place in kept]),
            )
    return None if role is None else KNOWN[role]


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
