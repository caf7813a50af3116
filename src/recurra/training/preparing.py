"""From documents and labels to the rows that a network learns from: classes, split, vocabulary, token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.data.documents import Document, Label, LabelSet
from recurra.data.split import hold_out
from recurra.data.stratify import hold_out_sets
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.text import Labels, TextPipeline, TextSettings
from recurra.training.answering import classes_of
from recurra.training.progress import Listener
from recurra.training.settings import TrainingSettings
from recurra.training.step import Rows

__all__ = ["Labelled", "Prepared", "labelled_rows", "prepare", "split_of"]


@dataclass(frozen=True)
class Labelled:
    """Rows that can be learned from.

    Attributes:
        documents: B texts or (title, text) pairs.
        labels: as many, as the user wrote them.
        classes: the distinct labels in order.
        targets: int64[B], the class of each row; or bool[B, C], the labels of each, where rows may have several.
    """

    documents: Sequence[Document]
    labels: Sequence[Label] | Sequence[LabelSet]
    classes: Labels
    targets: npt.NDArray[Any]


@dataclass(frozen=True)
class Prepared:
    """What a network is built for and trained on.

    Attributes:
        count: rows, those held out included.
        classes: the distinct labels in order.
        pipeline: how documents become token ids.
        rows: to learn from.
        held: held out, or ``None`` if there are none.
        fingerprint: of all documents and labels, SHA-256 (hex).
    """

    count: int
    classes: Labels
    pipeline: TextPipeline
    rows: Rows
    held: Rows | None
    fingerprint: str


def labelled_rows(
    documents: Sequence[Document],
    labels: Sequence[Label] | Sequence[LabelSet],
    text: TextSettings,
    listener: Listener,
) -> Labelled:
    """Checks documents and labels; pairs without a title are left out where titles are what is read.

    Raises:
        DataError: nothing can be learned from them.
    """
    if len(documents) != len(labels):
        raise DataError(
            f"There are {len(documents):,} documents and {len(labels):,} labels", "Give one label a document."
        )
    documents, labels = _with_title(documents, labels, text, listener)
    return Labelled(documents, labels, *classes_of(labels))


def prepare(labelled: Labelled, text: TextSettings, training: TrainingSettings) -> Prepared:
    """Holds rows out, learns the vocabulary and turns all documents into token ids.

    Raises:
        DataError: nothing can be held out, or no token is found.
    """
    documents, labels = labelled.documents, labelled.labels
    kept, held = split_of(labelled, training)
    # A fixed number of texts is counted from the head of the file, whatever is held out; otherwise the held-out rows
    # must stay as new to the network as test rows are.
    seen = documents if text.vocabulary_documents else [documents[row] for row in kept]
    pipeline = TextPipeline.learn(seen, text)
    ids = pipeline.encode(documents)
    return Prepared(
        count=len(documents),
        classes=labelled.classes,
        pipeline=pipeline,
        rows=Rows(ids.take(kept), labelled.targets[kept]),
        held=Rows(ids.take(held), labelled.targets[held]) if len(held) else None,
        fingerprint=Table(list(documents), _simple(labels), "text", None, "label", "memory").fingerprint,
    )


def split_of(labelled: Labelled, training: TrainingSettings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows to learn from and the rows held out.

    Raises:
        DataError: none can be held out.
    """
    options: dict[str, Any] = {"share": training.validation, "seed": training.seed}
    if labelled.targets.ndim == 2:
        return hold_out_sets(labelled.targets, **options)
    single: Any = list(labelled.labels)
    return hold_out(single, **options)


def _simple(labels: Sequence[Label] | Sequence[LabelSet]) -> list[Label]:
    """Labels as they are, and tuples of labels as Python writes them."""
    return [repr(label) if isinstance(label, tuple) else label for label in labels]


def _with_title(
    documents: Sequence[Document], labels: Sequence[Any], text: TextSettings, listener: Listener
) -> tuple[Sequence[Document], Sequence[Any]]:
    if text.field != "title":
        return documents, labels
    kept = [row for row, one in enumerate(documents) if isinstance(one, str) or one[0].strip()]
    if len(kept) == len(documents):
        return documents, labels
    listener.said(f"{len(documents) - len(kept):,} of {len(documents):,} rows have no title and are left out.")
    return [documents[row] for row in kept], [labels[row] for row in kept]
