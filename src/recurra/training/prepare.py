"""From documents and labels to the rows that a network learns from: classes, split, vocabulary, token ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from recurra.batches import MappedRagged, RaggedWriter
from recurra.bundle import Bundle
from recurra.checking.labels import spelling_note
from recurra.data.corpus import IN_MEMORY, Corpus, RowSubset, blocks_with_mask
from recurra.data.documents import Document, Label
from recurra.data.fingerprint import Fingerprint
from recurra.data.known_rows import KnownRows
from recurra.data.memory import release_freed_memory
from recurra.data.split import copied_texts, new_texts
from recurra.errors import DataError
from recurra.file_size.limit import SizeLimit
from recurra.linear_branch import BranchRows, BranchRowsWriter, BranchSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.tasks import Task, common_task, infer_task
from recurra.tasks.multi_label_detection import detect_multi_label, split_call
from recurra.tasks.written_lists import written_lists
from recurra.text import Labels, TextPipeline, TextSettings
from recurra.text.fields import input_texts
from recurra.text.words_or_characters import TokenChoice, choose_tokens, sampled_places
from recurra.training.callbacks import Callback
from recurra.training.known_rows import TableHashes
from recurra.training.sample_weight import check_sample_weight, drawn_by_weight, relative_weights
from recurra.training.steps.step import EncodedRows
from recurra.training.warm_start import extend_labels, extend_vocabulary, labels_as_in

if TYPE_CHECKING:
    from recurra.training.validation_data import ValidationRows

__all__ = ["LabelledRows", "TrainingData", "labelled_rows", "prepare", "resolve_tokens", "split_of", "titled_rows"]

# Copies of rows that are learned from are many from this share of the held-out rows, and from this number, on.
MANY_COPIES = 0.1
LEAST_COPIES = 5


@dataclass(frozen=True)
class LabelledRows:
    """Rows that can be learned from.

    Attributes:
        corpus: B documents with labels.
        classes: the distinct labels in order.
        targets: targets of the rows, as the task defines them.
        task: what is learned.
        validation: which of them are held out; ``None`` where the settings say what share.
        weights: float32[B], what each row counts; ``None`` if all count alike.
    """

    corpus: Corpus
    classes: Labels
    targets: npt.NDArray[Any]
    task: Task
    validation: ValidationRows | None = None
    weights: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class TrainingData:
    """What a network is built for and trained on.

    Attributes:
        count: rows, those held out included.
        classes: the distinct labels in order.
        pipeline: how documents become token ids.
        rows: to learn from.
        held: held out, or ``None`` if there are none.
        new: int64, those of the held-out rows whose text is none of those to learn from; all, if those are the fewer.
            They choose when to stop, and what the branch counts.
        fingerprint: fingerprint of all documents and labels, SHA-256 (hex).
        task: what is learned.
        branch_rows: the same rows as the linear branch reads them, or ``None`` where there is no branch.
        validation: where the held-out rows come from; ``None`` for a share of the training rows.
        tables: the tables that the rows were joined from; none where they are one table.
        copies: what was said of held-out rows whose text is learned from, if they are many; else empty.
        held_copies: how many these are; 0 if not many.
        remembered: what was said of held-out rows that the model to continue from learned from; else empty.
    """

    count: int
    classes: Labels
    pipeline: TextPipeline
    rows: EncodedRows
    held: EncodedRows | None
    fingerprint: str
    task: Task
    new: npt.NDArray[np.int64]
    branch_rows: BranchRows | None = None
    validation: ValidationRows | None = None
    tables: Sequence[KnownRows] = ()
    copies: str = ""
    held_copies: int = 0
    remembered: str = ""

    @property
    def choosing(self) -> EncodedRows | None:
        """The held-out rows that are new, or ``None`` if there are none."""
        if self.held is None:
            return None
        return self.held.take(self.new)


def labelled_rows(
    corpus: Corpus,
    text: TextSettings,
    callbacks: Callback,
    *,
    task: Task | None = None,
    initial: Bundle | None = None,
    sample_weight: npt.ArrayLike | None = None,
    class_order: Sequence[Label] = (),
) -> LabelledRows:
    """Checks the labels; pairs without a title are left out where titles are what is read, and rows of weight 0.

    The classes are those of the labels and, if training goes on from a model, of that.

    Args:
        corpus: the rows.
        text: what is read.
        callbacks: told how many rows are left out, and which classes differ in case, white space or by damage alone.
        task: what is to be learned; without it, that of the model to continue from, or what the labels
            look like.
        initial: that model.
        sample_weight: float[B], what each row counts; all alike if not given.
        class_order: classes that come first, in this order, where there are rows with them; the others are sorted.

    Raises:
        DataError: nothing can be learned from them.
    """
    weights = None if sample_weight is None else check_sample_weight(sample_weight, len(corpus))
    if weights is not None and not (counted := weights.astype(np.float32) > 0).all():
        corpus, weights = RowSubset(corpus, counted), weights[counted]
    if text.field == "title" and (titled := titled_rows(corpus, callbacks)) is not None:
        corpus, weights = RowSubset(corpus, titled), None if weights is None else weights[titled]
    labels = corpus.labels
    if initial is not None:
        labels = labels_as_in(initial, labels, corpus.source, callbacks)
    grow = Labels.learn if initial is None else partial(extend_labels, initial)

    def in_order(values: Iterable[Label]) -> Labels:
        return grow(values).with_first(class_order)

    learned = task or (initial.task if initial is not None else infer_task(labels.values))
    if not learned.accepts(labels.values) or (initial is not None and common_task([learned, initial.task]) is None):
        whose = "what is to be learned" if initial is None else "the model to continue from"
        kind = (learned if initial is None else initial.task).wording.gives
        source = "y" if corpus.source == IN_MEMORY else corpus.source
        raise DataError(
            f"{source} has {infer_task(labels.values).wording.gives} a row, and {whose} gives {kind}",
            _rows_of_kind(learned, labels.values, in_python=corpus.source == IN_MEMORY)
            if initial is None
            else "Give rows like those it learned from.",
        )
    classes, targets = learned.learn(labels.values, rows=len(corpus), learn=in_order)
    if initial is not None:
        # What the model has chosen, such as thresholds, is for its own classes.
        learned = learned.tuned(None, None, len(classes), seed=0)
    if () in labels.values and (bare := int((labels.codes == labels.values.index(())).sum())):
        callbacks.on_message(
            f"{bare:,} of {len(corpus):,} rows have no label, and are learned as rows that have none of the labels."
        )
    counts = None if weights is None else relative_weights(weights)
    labelled = LabelledRows(corpus, classes, targets[labels.codes], learned, weights=counts)
    _tell_of_spellings(labelled, initial, callbacks)
    return labelled


def _rows_of_kind(task: Task, values: Sequence[Any], *, in_python: bool) -> str:
    """What to do where labels have another form than the task takes; of a program's own labels, how to write them."""
    if not in_python:
        return "Leave task out, or give rows of that kind."
    if not task.lists:
        single = all(len(value) == 1 for value in values)
        one = ", such as [labels[0] for labels in y], or matrix.argmax(axis=1)" if single else ""
        return f"Leave task out, or give one label a row{one}."
    texts = [value for value in values if isinstance(value, str)]
    if (lists := written_lists(texts)) is not None:
        return f"Give lists, such as {lists.call}, or leave task out."
    found = detect_multi_label(texts)
    # Hardly any label has these in its name.
    separator = found.separator if found else next((mark for mark in "|;" if any(mark in text for text in texts)), None)
    if separator is None:
        return "Give lists, such as [[label] for label in y], or leave task out."
    return f"Give lists, such as {split_call(texts, separator)}, or leave task out."


def _tell_of_spellings(labelled: LabelledRows, initial: Bundle | None, callbacks: Callback) -> None:
    """Says which classes differ in case, white space or by damage alone: they are learned apart."""
    names = labelled.classes.classes
    rows = labelled.task.counts(labelled.targets, len(names)).tolist()
    # Numbers and booleans have one spelling; of a model's classes, only those of the rows can be written otherwise.
    counts = {name: count for name, count in zip(names, rows, strict=True) if isinstance(name, str) and count}
    known = () if initial is None else [name for name in initial.labels.classes if isinstance(name, str)]
    if note := spelling_note(counts, known, in_python=labelled.corpus.source == IN_MEMORY):
        callbacks.on_message(note)


def prepare(
    labelled: LabelledRows,
    text: TextSettings,
    training: TrainingSettings,
    *,
    branch: BranchSettings | None = None,
    folder: Path | None,
    callbacks: Callback,
    initial: Bundle | None = None,
    limit: SizeLimit | None = None,
) -> TrainingData:
    """Holds rows out, learns the vocabulary and turns all documents into token ids.

    There are two passes over the documents, which are never all in memory; the ids of many are kept in a file.

    Args:
        labelled: the rows.
        text: what is read, and how.
        training: says what is held out.
        branch: settings of the linear branch, which may learn from the rows as well.
        folder: for a file of ids, which goes with the process.
        callbacks: told the progress of each pass over the rows.
        initial: a model to continue from (warm start); its vocabulary is kept and grows.
        limit: the bound of the model file's bytes; the vocabulary is cut to fit.

    Raises:
        DataError: nothing can be held out, no token is found, or ids cannot be kept.
    """
    corpus, given = labelled.corpus, labelled.validation
    count = len(corpus)
    held = np.zeros(count, dtype=bool)
    held[split_of(labelled, training)[1]] = True
    # A fixed number of texts is counted from the head of the file, whatever is held out; otherwise the held-out rows
    # must stay as new to the network as test rows are.
    seen = given.training if given else corpus if text.vocabulary_documents else RowSubset(corpus, ~held)
    pipeline = TextPipeline.learn_from(_told(seen, "counting tokens", callbacks), text, pairs=seen.pairs)
    if initial is not None:
        pipeline = extend_vocabulary(initial, pipeline, text, callbacks)
    if limit is not None:
        pipeline = limit.fitting(pipeline, least=len(initial.vocabulary) if initial is not None else 0)

    tables = TableHashes(corpus, int(given.held.sum()) if given else 0, initial)
    fingerprint, long, hashes = Fingerprint(count), 0, np.empty(count, dtype=np.int64)
    with ExitStack() as files:
        ids, held_ids = (files.enter_context(RaggedWriter(pipeline.rows, folder=folder)) for _ in range(2))
        branch_rows, most, whole, spelled = None, text.max_tokens, pipeline, False
        if branch and branch.branch:
            # It may read more of a document than the network.
            whole, spelled = pipeline.cut_to(branch.tokens_read(most)), branch.counts_subwords(text.tokens)
            branch_rows = files.enter_context(BranchRowsWriter(pipeline, ~held, seed=training.seed, folder=folder))
        for first, block, out in blocks_with_mask(corpus, held):
            fingerprint.add(block)
            tables.add(block)
            hashes[first : first + len(block)] = [hash(document) for document in block]
            unknown: list[str] | None = [] if spelled else None
            encoded = whole.encode(block, unknown)
            if branch_rows:
                branch_rows.add(encoded, unknown or (), out)
            if most is not None:
                encoded = encoded.cut_to(most)
                long += int((encoded.lengths == most).sum())
            ids.add(encoded.take(np.flatnonzero(~out)))
            held_ids.add(encoded.take(np.flatnonzero(out)))
            callbacks.on_data("finding token ids", len(block), count)
        weights = labelled.weights
        rows, held_rows = (
            EncodedRows(
                writer.to_ragged(), labelled.targets[some], labelled.task, None if weights is None else weights[some]
            )
            for writer, some in ((ids, ~held), (held_ids, held))
        )
        found = branch_rows.to_rows() if branch_rows else None
    new, known, copies = new_texts(hashes, held), copied_texts(hashes, held), ""
    if known:
        left = "validation during training leaves them out"
        kept = "as they are most of them, validation counts them, and its scores say little of new texts"
        copies = (
            f"{known:,} of {held.sum():,} rows held out have the same text as a row that is learned from: "
            f"{left if len(new) < held.sum() else kept}."
        )
        callbacks.on_message(copies)
    joined, remembered = tables.finish()
    remembered = remembered if held.any() else ""
    if remembered:
        callbacks.on_message(remembered)
    if long:
        more = whole.settings.max_tokens
        beside = "" if more == most else f"; the linear branch reads {more:,} (branch_max_tokens)"
        callbacks.on_message(
            f"{long:,} of {count:,} documents have {most:,} tokens or more: only their first {most:,} are read, in "
            f"training and prediction (max_tokens){beside}."
        )
    if isinstance(rows.documents, MappedRagged):
        release_freed_memory()
    many = known >= max(LEAST_COPIES, MANY_COPIES * held.sum())
    return TrainingData(
        count=count,
        classes=labelled.classes,
        pipeline=pipeline,
        rows=rows,
        held=held_rows if held.any() else None,
        fingerprint=fingerprint.of(corpus.labels),
        task=labelled.task,
        new=new,
        branch_rows=found,
        validation=given,
        tables=joined,
        copies=copies if many else "",
        held_copies=int(known) if many else 0,
        remembered=remembered,
    )


def split_of(labelled: LabelledRows, training: TrainingSettings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows to learn from and the rows held out: each label in its share, or the rows given to validate on.

    Of rows with weights those held out are drawn by them (:func:`recurra.training.sample_weight.drawn_by_weight`), as
    each counts once in all that they choose.

    Raises:
        DataError: none can be held out.
    """
    if labelled.validation is not None:
        return np.flatnonzero(~labelled.validation.held), np.flatnonzero(labelled.validation.held)
    kept, held = labelled.task.hold_out(
        labelled.corpus.labels, labelled.targets, share=training.validation, seed=training.seed
    )
    if labelled.weights is None:
        return kept, held
    drawn = drawn_by_weight(labelled.weights[held], len(held), seed=training.seed)
    return np.sort(np.concatenate([kept, held[~drawn]])), held[drawn]


def resolve_tokens(
    labelled: LabelledRows, recipe: Recipe, callbacks: Callback | None = None
) -> tuple[Recipe, TokenChoice | None]:
    """Chooses words or characters where ``tokens`` is ``auto``, by the rows that will be trained on.

    Args:
        labelled: all rows; those that the settings hold out are not looked at.
        recipe: with the settings that differ where characters are chosen.
        callbacks: told what was chosen, and why.

    Returns:
        The recipe with these tokens, and why; ``None`` where the settings said it.

    Raises:
        DataError: nothing can be held out.
        SettingsError: ``characters`` names an unknown setting, or a value out of range.
    """
    if recipe.text.tokens != "auto":
        return replace(recipe, characters={}), None
    corpus = labelled.corpus
    kept, _ = split_of(labelled, recipe.training)
    places = kept[sampled_places(len(kept))]
    marked = np.zeros(len(corpus), dtype=bool)
    marked[places] = True
    documents = list(chain.from_iterable(RowSubset(corpus, marked).blocks()))
    choice = choose_tokens(input_texts(documents, recipe.text), labelled.task.single(labelled.targets[places]))
    if callbacks:
        callbacks.on_message(str(choice))
    return recipe.with_tokens(choice.tokens), choice


def _told(corpus: Corpus, what: str, callbacks: Callback) -> Iterator[Sequence[Document]]:
    for block in corpus.blocks():
        yield block
        callbacks.on_data(what, len(block), len(corpus))


def titled_rows(corpus: Corpus, callbacks: Callback) -> npt.NDArray[np.bool_] | None:
    """Which rows have a title, or are texts that stand alone; ``None`` if all are."""
    if not len(corpus):
        return None
    titled = np.concatenate(
        [
            np.fromiter((isinstance(one, str) or bool(one[0].strip()) for one in block), bool, len(block))
            for block in corpus.blocks()
        ]
    )
    if titled.all():
        return None
    callbacks.on_message(f"{int((~titled).sum()):,} of {len(corpus):,} rows have no title and are left out.")
    return titled
