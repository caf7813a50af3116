"""From documents and labels to the rows that a network learns from: classes, split, vocabulary, token ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Collected, Mapped
from recurra.bundle import Bundle
from recurra.data.corpus import Chosen, Corpus, blocks_with
from recurra.data.documents import Document
from recurra.data.fingerprint import Fingerprint
from recurra.data.freed import give_back_freed
from recurra.data.split import hold_out
from recurra.data.stratify import hold_out_sets
from recurra.errors import DataError
from recurra.text import Labels, TextPipeline, TextSettings
from recurra.training.answering import classes_of
from recurra.training.continuing import grown_labels, grown_pipeline
from recurra.training.progress import Listener
from recurra.training.settings import TrainingSettings
from recurra.training.step import Rows

__all__ = ["Labelled", "Prepared", "labelled_rows", "prepare", "split_of"]


@dataclass(frozen=True)
class Labelled:
    """Rows that can be learned from.

    Attributes:
        corpus: B documents with labels.
        classes: the distinct labels in order.
        targets: int64[B], the class of each row; or bool[B, C], the labels of each, where rows may have several.
    """

    corpus: Corpus
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


def labelled_rows(corpus: Corpus, text: TextSettings, listener: Listener, *, initial: Bundle | None = None) -> Labelled:
    """Checks the labels; pairs without a title are left out where titles are what is read.

    The classes are those of the labels and, if training goes on from a model, of that.

    Raises:
        DataError: nothing can be learned from them.
    """
    if text.field == "title":
        corpus = _with_title(corpus, listener)
    labels = corpus.labels
    grow = Labels.learn if initial is None else partial(grown_labels, initial)
    classes, targets = classes_of(labels.values, rows=len(corpus), learn=grow)
    if initial is not None and initial.multi_label != (targets.ndim == 2):
        kinds = ("one label", "several labels")
        raise DataError(
            f"{corpus.source} has {kinds[targets.ndim - 1]} a row, and the model that training goes on from gives "
            f"{kinds[initial.multi_label]}",
            "Give rows like those that the model learned from.",
        )
    return Labelled(corpus, classes, targets[labels.codes])


def prepare(
    labelled: Labelled,
    text: TextSettings,
    training: TrainingSettings,
    *,
    folder: Path | None,
    listener: Listener,
    initial: Bundle | None = None,
) -> Prepared:
    """Holds rows out, learns the vocabulary and turns all documents into token ids.

    The documents are gone over twice and are never all in memory; their ids are kept in a file where they are many.

    Args:
        labelled: the rows.
        text: what is read, and how.
        training: says what is held out.
        folder: for a file of ids, which goes with the process.
        listener: hears how far each way over the rows is.
        initial: a model that training goes on from; its vocabulary is kept and grows.

    Raises:
        DataError: nothing can be held out, no token is found, or ids cannot be kept.
    """
    corpus = labelled.corpus
    count = len(corpus)
    held = np.zeros(count, dtype=bool)
    held[split_of(labelled, training)[1]] = True
    # A fixed number of texts is counted from the head of the file, whatever is held out; otherwise the held-out rows
    # must stay as new to the network as test rows are.
    seen = corpus if text.vocabulary_documents else Chosen(corpus, ~held)
    pipeline = TextPipeline.learn_from(_told(seen, "counting tokens", listener), text, pairs=corpus.pairs)
    if initial is not None:
        pipeline = grown_pipeline(initial, pipeline, text, listener)

    fingerprint = Fingerprint(count)
    with Collected(pipeline.rows, folder=folder) as ids, Collected(pipeline.rows, folder=folder) as held_ids:
        for _, block, out in blocks_with(corpus, held):
            fingerprint.add(block)
            encoded = pipeline.encode(block)
            ids.add(encoded.take(np.flatnonzero(~out)))
            held_ids.add(encoded.take(np.flatnonzero(out)))
            listener.read("finding token ids", len(block), count)
        rows = Rows(ids.whole(), labelled.targets[~held])
        held_rows = Rows(held_ids.whole(), labelled.targets[held]) if held.any() else None
    if isinstance(rows.documents, Mapped):
        give_back_freed()
    return Prepared(
        count=count,
        classes=labelled.classes,
        pipeline=pipeline,
        rows=rows,
        held=held_rows,
        fingerprint=fingerprint.of(corpus.labels),
    )


def split_of(labelled: Labelled, training: TrainingSettings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows to learn from and the rows held out, each label in its share.

    Raises:
        DataError: none can be held out.
    """
    if labelled.targets.ndim == 2:
        return hold_out_sets(labelled.targets, share=training.validation, seed=training.seed)
    return hold_out(labelled.corpus.labels, share=training.validation, seed=training.seed)


def _told(corpus: Corpus, what: str, listener: Listener) -> Iterator[Sequence[Document]]:
    for block in corpus.blocks():
        yield block
        listener.read(what, len(block), len(corpus))


def _with_title(corpus: Corpus, listener: Listener) -> Corpus:
    """The rows that have a title, and texts that stand alone."""
    if not len(corpus):
        return corpus
    titled = np.concatenate(
        [
            np.fromiter((isinstance(one, str) or bool(one[0].strip()) for one in block), bool, len(block))
            for block in corpus.blocks()
        ]
    )
    if titled.all():
        return corpus
    listener.said(f"{int((~titled).sum()):,} of {len(corpus):,} rows have no title and are left out.")
    return Chosen(corpus, titled)
