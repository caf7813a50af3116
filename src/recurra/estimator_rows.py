"""The rows that ``TextClassifier`` is given: documents with labels, from sequences, tables and matrices."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from recurra.bundle import Bundle
from recurra.data.columns import quoted_names
from recurra.data.corpus import InMemoryRows
from recurra.data.documents import Document
from recurra.data.frames import has_no_rows, is_frame
from recurra.data.model_columns import ModelColumns, learned_from_texts_alone
from recurra.data.plain_values import column_key, column_names, other_order_note
from recurra.data.read import pairs_of, read_frame
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.estimator_notes import (
    empty_texts_note,
    label_notes,
    missing_texts_note,
    one_label_note,
    telling_titles_note,
    token_pairs_note,
)
from recurra.evaluation.given_rows import (
    as_documents,
    check_no_measurements,
    check_one_type,
    check_same_kind,
    indicator_of,
    labels_of,
)
from recurra.evaluation.label_targets import in_class_order, kind_of_names, unnamed_columns

__all__ = ["GivenRows", "documents_of"]

_log = logging.getLogger("recurra.estimator")

# What was said of guessed columns in this process.
_said: set[str] = set()


def documents_of(
    X: Any,
    columns: tuple[str, str | None] | None,
    model_columns: ModelColumns | None = None,
    *,
    titles: bool = False,
) -> list[Document]:
    """The documents of a sequence, or of a table's columns.

    Args:
        X: texts, pairs or a table.
        columns: the columns of texts and titles to read from a table; ``None`` to take the model's. Without those
            either, the table must have a single column of texts.
        model_columns: those that a model learned from.
        titles: whether it learned from pairs of title and text.

    Raises:
        DataError: there are no documents in it, or it has several columns of texts.
    """
    if not is_frame(X):
        return as_documents(X)
    if has_no_rows(X):
        return []
    if columns is not None and hasattr(X, "iloc") and set(filter(None, columns)) <= set(column_names(X)):
        # What is not read need not be what Arrow can hold.
        X = X[list(filter(None, columns))]
    text, title = columns or (None, None)
    if title is not None and title not in (names := column_names(X)) and text in names:
        raise DataError(
            f"The column {title!r:.60} of titles is missing, from which the classifier learned",
            f"Give both columns, or the texts alone: frame[{column_key(X, str(text)):.60}].",
        )
    table = read_frame(X, text, title, model=None if columns else model_columns, guess=False, titles=titles)
    for warning in table.warnings:
        # For whoever called predict or score.
        warnings.warn(f"{table.source}: {warning}", UserWarning, stacklevel=4)
    return table.documents


@dataclass(frozen=True, eq=False)
class GivenRows:
    """What ``fit`` learns from.

    Attributes:
        documents: B documents.
        labels: B labels, or tuples of labels.
        table: what the documents were read from; ``None`` for a sequence.
        text_name: the name of the column of texts that was given alone; ``None`` where it has none.
        labels_name: the name of the column that the labels were; ``None`` where it has none.
        matrix_classes: the class of each column of the indicator matrix that the labels were: the names of a data
            frame's if they are texts or whole numbers, otherwise the columns' numbers; ``None`` if the labels were no
            matrix.
        frame: the data frame or Arrow table that was given; ``None`` for a sequence.
        pairs_note: what is said of pairs that may be tokens; else empty.
        order_note: what is said of documents and labels whose indexes have another order; else empty.
    """

    documents: list[Document]
    labels: list[Any]
    table: Table | None
    text_name: str | None = None
    labels_name: str | None = None
    matrix_classes: list[Any] | None = None
    frame: Any = None
    pairs_note: str = ""
    order_note: str = ""

    @classmethod
    def of(cls, X: Any, y: Any) -> Self:
        """Raises a :class:`DataError` where ``X`` or ``y`` is nothing to learn from."""
        if isinstance(y, str) and is_frame(X):
            column = f"frame[{y!r:.40}]" if y in column_names(X) else "frame['label']"
            raise DataError(f"y is {y!r:.60}", f"Give the labels themselves: fit(frame, {column}).")
        matrix = indicator_of(y)
        classes = None if matrix is None else _classes_of(y, matrix.shape[1])
        labels = labels_of(y, matrix, classes)
        check_no_measurements(labels)
        check_one_type(labels)
        table = _read_without_labels(X, _name(y), labels) if is_frame(X) else None
        documents = as_documents(X) if table is None else table.documents
        return cls(
            documents,
            labels,
            table,
            None if table is not None else _name(X),
            _name(y),
            classes,
            None if table is None else X,
            "" if table is not None else token_pairs_note(X, documents),
            other_order_note(X, y),
        )

    @property
    def columns(self) -> tuple[str, str | None] | None:
        """The columns of texts and titles; ``None`` for texts without a name."""
        if self.table is not None:
            return self.table.text_column, self.table.title_column
        return None if self.text_name is None else (self.text_name, None)

    @property
    def has_titles(self) -> bool:
        """Whether all documents are pairs of title and text."""
        return all(isinstance(one, tuple) for one in self.documents)

    def titles_for_record(self, initial: Bundle | None) -> bool | None:
        """Whether a model learns from pairs of title and text; ``None`` if from both.

        Args:
            initial: the model to continue from.
        """
        if self.has_titles:
            return True
        if any(isinstance(one, tuple) for one in self.documents):
            return None
        return False if initial is None or learned_from_texts_alone(initial.record) else None

    @property
    def named_columns(self) -> ModelColumns | None:
        """The names of the columns for the model's record."""
        if self.columns is None:
            return None
        label = self.labels_name if self.labels_name not in self.columns else None
        return ModelColumns(*self.columns, label)

    @property
    def _possible_texts(self) -> list[str]:
        """The columns of a table that may be meant as its text: one where its name says so."""
        table = self.table
        if table is None or table.text_column.casefold() in ("text", "texts"):
            return []
        return [name for name in table.text_columns if name not in (table.title_column, self.labels_name)]

    def tell(self, initial: Bundle | None, *, asked: bool, verbose: bool) -> list[str]:
        """Says which columns were guessed, and warns whoever called ``fit`` of what may be a mistake in the rows.

        Args:
            initial: the model to continue from.
            asked: whether the task was named.
            verbose: prints the columns; otherwise they are logged.

        Returns:
            The warnings on documents and labels.
        """
        if self.table is not None and len(possible := self._possible_texts) > 1:
            read = self.table.text_column
            both = "" if self.table.has_titles else f", or titles and texts: {pairs_of(self.frame, self.table)}"
            said = (
                f"columns guessed: text {read!r:.60} of {quoted_names(possible)}: give "
                f"frame[{column_key(self.frame, read):.60}] or the column that you mean{both}"
            )
            # A cross-validation fits again and again.
            if said not in _said:
                warnings.warn(said, UserWarning, stacklevel=3)
                _said.add(said)
        for note in () if self.table is None else self.table.notes:
            if self.table is not None and note in self.table.warnings:
                warnings.warn(note, UserWarning, stacklevel=3)
            elif verbose:
                print(note, flush=True)
            else:
                _log.info("%s: %s", self.table and self.table.source, note)
        # Whoever names the task, or goes on from a model, has said it.
        chosen = asked or initial is not None
        lost = ""
        if initial is not None:
            from recurra.training.warm_start import forgetting_note

            lost = forgetting_note(initial, self.labels, "y")
        notes = (
            self.order_note,
            self.pairs_note,
            empty_texts_note(self.documents),
            missing_texts_note(self.documents),
            self._telling_titles_note,
            "" if chosen else one_label_note(self.labels, matrix=self.matrix_classes is not None),
            *label_notes(self.labels, initial),
            "" if not lost else f"{lost}: join rows that it learned from to X and y",
        )
        told = list(filter(None, notes))
        for note in told:
            warnings.warn(note, UserWarning, stacklevel=3)
        return told

    @property
    def _telling_titles_note(self) -> str:
        title = None if self.table is None else self.table.title_column
        return "" if title is None else telling_titles_note(self.documents, self.labels, title)

    def check_goes_on(self, initial: Bundle, width: int | None) -> None:
        """Checks that an indicator matrix has a column for each class of the model to continue from.

        Args:
            initial: the model.
            width: number of columns that it learned from, if that is known.

        Raises:
            DataError: it has fewer.
        """
        classes = initial.labels.classes
        if not self.matrix_classes or not initial.multi_label or any(type(one) is not int for one in classes):
            return
        if isinstance(self.matrix_classes[0], str) or set(self.matrix_classes).isdisjoint(classes):
            raise unnamed_columns(self.matrix_classes, classes)
        if self.matrix_classes != list(range(len(self.matrix_classes))):
            # They are named, and those that are missing are not counted.
            return
        needed = max(width or 0, 1 + max(map(int, classes)))
        if len(self.matrix_classes) < needed:
            raise DataError(
                f"y has {len(self.matrix_classes):,} columns, and the classes of the model to continue from need "
                f"{needed:,}",
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
        if isinstance(given, tuple) and len(given) == 3:
            raise DataError(
                "validation_data is a tuple of three parts",
                "Give (X, y): rows held out have no weights, each counts once.",
            )
        if not isinstance(given, tuple | list) or len(given) != 2:
            raise DataError(f"validation_data is {given!r:.60}", "Give a pair: validation_data=(X, y).")
        if note := other_order_note(*given):
            warnings.warn(f"in validation_data: {note}", UserWarning, stacklevel=3)
        try:
            return self._of_same_form(*given)
        except DataError as error:
            if "validation_data" in error.received:
                raise
            raise DataError(f"In validation_data: {error.received}", error.hint) from error

    def _of_same_form(self, X: Any, y: Any) -> InMemoryRows:
        columns = self.matrix_classes
        matrix = indicator_of(in_class_order(y, columns) if columns else y)
        if (columns and len(columns)) != (None if matrix is None else matrix.shape[1]):
            raise DataError(
                "The labels of validation_data are of another form than y",
                "Give both as labels, as lists of labels, or as binary indicator matrices of the same columns.",
            )
        labels = labels_of(y, matrix, columns)
        check_same_kind(labels, self.labels)
        documents = documents_of(X, self.columns, titles=self.has_titles)
        given, learned = _form_of(documents), _form_of(self.documents)
        if given != learned and given and learned:
            said = f"validation_data has {given}, and X has {learned}: give both in the same form"
            warnings.warn(said, UserWarning, stacklevel=4)
        return InMemoryRows(documents, labels, source="validation_data")


def _form_of(documents: Sequence[Document]) -> str:
    """What all documents are, in words; empty for none, and for both kinds."""
    pairs = {isinstance(one, tuple) for one in documents}
    return ("pairs of title and text" if pairs.pop() else "texts alone") if len(pairs) == 1 else ""


def _classes_of(y: Any, width: int) -> list[Any]:
    """The class of each column of an indicator matrix: distinct names of a data frame, or the columns' numbers."""
    names = column_names(y) if is_frame(y) else []
    kind = kind_of_names(names)
    named = len(set(names)) == width and (kind is int or (kind is str and all(name.strip() for name in names)))
    return names if named else list(range(width))


def _read_without_labels(X: Any, name: str | None, labels: list[Any]) -> Table:
    """The texts of a table that holds the column of the labels as well: that is never read as a title or a text.

    Raises:
        DataError: there are no documents in it.
    """
    if name in column_names(X):
        return read_frame(X, label=name)
    table = read_frame(X)
    if table.title_column is None or not column_names(X):
        return table
    titles = [document[0] if isinstance(document, tuple) else "" for document in table.documents]
    return read_frame(X, label=table.title_column) if titles == labels else table


def _name(column: Any) -> str | None:
    """The name of a column of a data frame, if it has one."""
    name = getattr(column, "name", None)
    return name if isinstance(name, str) and name else None
