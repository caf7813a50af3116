"""A table of documents with, where known, their labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.corpus import Corpus, InMemoryRows
from recurra.data.documents import Document, Label
from recurra.data.fingerprint import fingerprint_of
from recurra.data.frames import FrameBlocks
from recurra.data.model_columns import ModelColumns
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError, SettingsError
from recurra.representation import ROWS, Representation, Represented, one_line

__all__ = ["Table", "rows_of"]


@dataclass(frozen=True, repr=False)
class Table(Represented):
    """Documents and labels in file order.

    Attributes:
        documents: B documents; all plain texts, or all (title, text) pairs.
        labels: B labels of one type, or None for a table without labels.
        text_column: name of the text column.
        title_column: name of the title column, None if the documents are plain texts.
        label_column: name of the label column, None without labels.
        source: name of the source, for messages and records.
        notes: lines on guesses made while reading.
        warnings: those of the notes that say what a model learned from and the table lacks.
        named_columns: see :class:`recurra.data.table_reader.TableReader`.
        text_columns: names of the columns that hold texts and have no label's name.
        class_numbers: the number in the file by class name, if the file numbers classes that have names; or None.
        row_numbers: the number of each row of the source in messages for people.
        row_hint: how rows are numbered there; may be empty.
        places: int64[B], the index of each row in its source, if the table has only some of its rows.

    Raises:
        DataError: the numbers of labels and documents differ.
    """

    documents: list[Document]
    labels: list[Label] | None
    text_column: str
    title_column: str | None
    label_column: str | None
    source: str
    notes: tuple[str, ...] = ()
    class_numbers: Mapping[Label, Label] | None = None
    warnings: tuple[str, ...] = field(default=(), compare=False)
    named_columns: ModelColumns | None = field(default=None, compare=False)
    text_columns: tuple[str, ...] = field(default=(), compare=False)
    row_numbers: RowNumbers = field(default_factory=RowNumbers, compare=False)
    row_hint: str = field(default="", compare=False)
    places: npt.NDArray[np.int64] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.labels is not None and len(self.labels) != len(self.documents):
            raise DataError(
                f"{self.source}: {len(self.documents):,} documents and {len(self.labels):,} labels",
                "Give one label a document.",
            )

    def __len__(self) -> int:
        return len(self.documents)

    def _representation(self) -> Representation:
        roles = {"title": self.title_column, "text": self.text_column, "label": self.label_column}
        columns = ", ".join(f"{role} {one_line(name)!r}" for role, name in roles.items() if name is not None)
        first, labelled = self.head(min(3, len(self))), self.labels is not None
        labels = [[one_line(_joined(one), 30)] for one in first.labels or ()] if labelled else [[]] * len(first)
        rows = [
            (str(number), *label, one_line(document))
            for number, label, document in zip(first.numbers.tolist(), labels, first.documents, strict=True)
        ]
        each = ((label if isinstance(label, tuple) else (label,)) for label in self.labels or ())
        counts = Counter(chain.from_iterable(each))
        notes = [", ".join(f"{one_line(label, 30)} {count:,}" for label, count in counts.most_common(ROWS))]
        if len(counts) > ROWS:
            notes[0] += f", and {len(counts) - ROWS:,} labels more"
        head = ("row", *(("label",) if labelled else ()), "document")
        # Of a long path the end is the file's name.
        source = self.source if len(self.source) <= 60 else "…" + self.source[-59:]
        title = f"Table: {len(self):,} rows of {one_line(source)}, {columns}"
        return Representation(title, head if rows else (), rows, notes if counts else ())

    def to_dict(self) -> dict[str, Any]:
        """Plain values: names and notes, and a list ``rows`` of each row's number, document and label."""
        labels: Sequence[Any] = [None] * len(self) if self.labels is None else self.labels
        return {
            "source": self.source,
            "text_column": self.text_column,
            "title_column": self.title_column,
            "label_column": self.label_column,
            "notes": list(self.notes),
            "rows": [
                {"number": number, **_named(document), "label": list(label) if isinstance(label, tuple) else label}
                for number, document, label in zip(self.numbers.tolist(), self.documents, labels, strict=True)
            ],
        }

    @property
    def has_titles(self) -> bool:
        """Whether the documents are (title, text) pairs."""
        return self.title_column is not None

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """int64[B], the number of each row in messages."""
        return self.row_numbers.of(np.arange(len(self)) if self.places is None else self.places)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Table:
        """The rows at ``indices``, in that order.

        Args:
            indices: row indices in [0, B), possibly repeated.

        Raises:
            DataError: an index is out of range.
        """
        places = np.asarray(indices, dtype=np.int64)
        outside = (places < 0) | (places >= len(self))
        if outside.any():
            raise DataError(
                f"{self.source}: row {places[outside][0]} of {len(self):,}",
                "Take rows from 0 to the number of rows - 1.",
            )
        rows = places.tolist()
        labels = None if self.labels is None else [self.labels[row] for row in rows]
        own = places if self.places is None else self.places[places]
        return replace(self, documents=[self.documents[row] for row in rows], labels=labels, places=own)

    def head(self, count: int | None) -> Table:
        """The first ``count`` rows; the whole table for None or a larger number."""
        return self if count is None or count >= len(self) else self.take(range(max(count, 0)))

    @property
    def corpus(self) -> InMemoryRows:
        """The rows as a corpus for training.

        Raises:
            DataError: there are no labels.
        """
        if self.labels is None:
            raise DataError(f"{self.source} has no labels", "Name their column.")
        row_numbers = self.row_numbers if self.places is None or not len(self) else RowNumbers.of_rows(self.numbers)
        return InMemoryRows(self.documents, self.labels, source=self.source, row_numbers=row_numbers)

    @property
    def blocks(self) -> FrameBlocks:
        """The rows as Arrow columns; lone surrogates become U+FFFD.

        Raises:
            DataError: there are no labels, or no rows.
        """
        import pyarrow as pa

        if self.labels is None or self.label_column is None:
            raise DataError(f"{self.source} has no labels", "Name their column.")
        columns: dict[str, Sequence[Any]] = {self.label_column: self.labels}
        if self.title_column is not None:
            columns[self.title_column] = [_encodable(one[0]) for one in self.documents]
        columns[self.text_column] = [_encodable(one if isinstance(one, str) else one[1]) for one in self.documents]
        blocks = FrameBlocks(pa.table(columns))
        blocks.source, blocks.notes = self.source, list(self.notes)
        return blocks

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over documents and labels (:class:`recurra.data.fingerprint.Fingerprint`).

        Column names, source and notes are not part of it.
        """
        return fingerprint_of(self.documents, self.labels)


def rows_of(given: Any, name: str, columns: ModelColumns | None = None) -> tuple[Corpus, ModelColumns | None]:
    """Labelled rows, and the names of their columns where they are known.

    Args:
        given: a corpus, or a table that :func:`recurra.read_table` has read.
        name: of the argument.
        columns: those that were named.

    Raises:
        DataError: the table has no labels.
        SettingsError: it is neither.
    """
    if isinstance(given, Table):
        return given.corpus, columns or given.named_columns
    if not hasattr(given, "blocks") or not hasattr(given, "labels"):
        raise SettingsError(
            f"{name} is a {type(given).__name__}",
            "Give what recurra.read_table(frame) returns, or recurra.data.corpus.InMemoryRows(texts, labels).",
        )
    return given, columns


def _named(document: Document) -> dict[str, str]:
    return {"text": document} if isinstance(document, str) else {"title": document[0], "text": document[1]}


def _joined(label: Any) -> Any:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else label


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text
