"""The rows of a table that a model can read, and what to say of scores on rows that it knows."""

from __future__ import annotations

from recurra.data.documents import Document, Label
from recurra.data.known_rows import CORRECTED, known_as
from recurra.data.label_format import split_labels
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.runtime.model import Model

__all__ = ["KNOWN", "is_known_rows_note", "known_rows_note", "known_rows_role", "readable_rows"]

KNOWN = {
    "training": "These are the rows that the model learned from: the scores say how well they are remembered.",
    "validation": "By these rows it was chosen when the model's training stops: on new rows it may score lower.",
    "earlier": "These rows are known to the model that this one continues: the scores say how well they are "
    "remembered.",
    "decided": "The model learned from these rows, after decisions excluded or relabelled some of them: the scores say "
    f"how well the others are remembered. {CORRECTED}.",
}
"""What is said of scores on rows that a model knows, by the part that they had in its training."""


def is_known_rows_note(note: str) -> bool:
    """Whether a line says that a model knows the rows."""
    return note.endswith(tuple(KNOWN.values()))


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

    See :func:`known_rows_role`.
    """
    role = known_rows_role(table, model, separator=separator)
    return None if role is None else KNOWN[role]


def known_rows_role(table: Table, model: Model, *, separator: str | None = None) -> str | None:
    """The part that the very rows of a table had in the model's training, a key of :data:`KNOWN`; or ``None``.

    Args:
        table: labelled rows.
        model: the model.
        separator: separator of the labels in a cell; ``None`` takes that of the training data.

    Raises:
        DataError: the model can read no row.
    """
    documents, labels = readable_rows(table, model)
    read = (
        split_labels(labels, model.label_separator if separator is None else separator) if model.task.lists else labels
    )
    role = known_as(model.record, documents, read)
    if role is None and not model.task.lists:
        # Rows to validate on with a label that no training row has were left out.
        classes = set(map(repr, model.bundle.labels.classes))
        kept = [place for place, label in enumerate(labels) if repr(label) in classes]
        if 0 < len(kept) < len(labels):
            role = known_as(model.record, [documents[place] for place in kept], [labels[place] for place in kept])
    return role
