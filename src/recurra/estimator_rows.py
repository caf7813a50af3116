"""The rows that ``TextClassifier`` is given: documents with labels, from sequences, tables and matrices."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from recurra.bundle import Bundle
from recurra.data.corpus import InMemoryRows
from recurra.data.documents import Document
from recurra.data.frames import is_frame
from recurra.data.label_format import nearly_one_a_row
from recurra.data.model_columns import ModelColumns
from recurra.data.read import read_frame
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.estimator_inputs import as_documents, check_no_measurements, check_same_kind, indicator_of, labels_of

__all__ = ["GivenRows", "documents_of"]

_log = logging.getLogger("recurra.estimator")


def documents_of(
    X: Any, columns: tuple[str, str | None] | None, model_columns: ModelColumns | None = None
) -> list[Document]:
    """The documents of a sequence, or of a table's columns.

    Args:
        X: texts, pairs or a table.
        columns: the columns of texts and titles to read from a table; ``None`` to take the model's, or to guess.
        model_columns: those that a model learned from.

    Raises:
        DataError: there are no documents in it.
    """
    if not is_frame(X):
        return as_documents(X)
    text, title = columns or (None, None)
    table = read_frame(X, text, title, model=None if columns else model_columns)
    for warning in table.warnings:
        _log.warning("%s: %s", table.source, warning)
    return table.documents


@dataclass(frozen=True, eq=False)
class GivenRows:
    """What ``fit`` learns from.

    Attributes:
        documents: B documents.
        labels: B labels, or tuples of labels.
        width: number of columns of the indicator matrix that the labels were; ``None`` if they were none.
        table: what the documents were read from; ``None`` for a sequence.
    """

    documents: list[Document]
    labels: list[Any]
    width: int | None
    table: Table | None

    @classmethod
    def of(cls, X: Any, y: Any) -> Self:
        """Raises a :class:`DataError` where ``X`` or ``y`` is nothing to learn from."""
        matrix = indicator_of(y)
        labels = labels_of(y, matrix)
        check_no_measurements(labels)
        table = read_frame(X) if is_frame(X) else None
        documents = as_documents(X) if table is None else table.documents
        return cls(documents, labels, None if matrix is None else matrix.shape[1], table)

    @property
    def columns(self) -> tuple[str, str | None] | None:
        """The columns of texts and titles; ``None`` without a table."""
        return None if self.table is None else (self.table.text_column, self.table.title_column)

    def tell(self, *, verbose: bool) -> None:
        """Says which columns were guessed, and whether texts and labels seem to be swapped.

        Args:
            verbose: prints it; otherwise it is logged.
        """
        for note in () if self.table is None else self.table.notes:
            if verbose:
                print(note, flush=True)
            else:
                _log.info("%s: %s", self.table and self.table.source, note)
        names = {label for label in self.labels if isinstance(label, str)}
        if nearly_one_a_row(len(names), len(self.labels)):
            _log.warning(
                "y has %s distinct labels in %s rows: are texts and labels swapped? Write fit(texts, labels).",
                f"{len(names):,}",
                f"{len(self.labels):,}",
            )

    def check_goes_on(self, initial: Bundle, width: int | None) -> None:
        """Checks that an indicator matrix has a column for each class of the model to continue from.

        Args:
            initial: the model.
            width: number of columns that it learned from, if that is known.

        Raises:
            DataError: it has fewer.
        """
        classes = initial.labels.classes
        if self.width is None or not initial.multi_label or any(type(one) is not int for one in classes):
            return
        needed = max(width or 0, 1 + max(map(int, classes)))
        if self.width < needed:
            raise DataError(
                f"y has {self.width:,} columns, and the classes of the model to continue from need {needed:,}",
                "Give all its columns in their order: zeros for a class that no row has.",
            )

    def validation_rows(self, given: tuple[Sequence[Document], Sequence[Any]]) -> InMemoryRows:
        """The rows of ``validation_data``, which are of the same form.

        Raises:
            DataError: they are not, or are no pair of documents and labels.
        """
        if is_frame(given):
            raise DataError(
                f"validation_data is a {type(given).__name__} alone", "Give a pair: validation_data=(frame, labels)."
            )
        if not isinstance(given, tuple | list) or len(given) != 2:
            raise DataError(f"validation_data is {given!r:.60}", "Give a pair: validation_data=(X, y).")
        try:
            return self._of_same_form(*given)
        except DataError as error:
            if "validation_data" in error.received:
                raise
            raise DataError(f"In validation_data: {error.received}", error.hint) from error

    def _of_same_form(self, X: Any, y: Any) -> InMemoryRows:
        matrix = indicator_of(y)
        if self.width != (None if matrix is None else matrix.shape[1]):
            raise DataError(
                "The labels of validation_data are of another form than y",
                "Give both as labels, as lists of labels, or as binary indicator matrices of the same columns.",
            )
        labels = labels_of(y, matrix)
        check_same_kind(labels, self.labels)
        return InMemoryRows(documents_of(X, self.columns), labels, source="validation_data")
