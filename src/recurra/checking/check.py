"""All checks of a training file and, if there is one, of its test file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.checking.copies import copies_between, copies_inside
from recurra.checking.draft import Draft, described
from recurra.checking.facts import Facts, facts_of_rows
from recurra.checking.finding import Part
from recurra.checking.label_cells import undecided
from recurra.checking.label_names import LabelNames
from recurra.checking.labels import NOWHERE, class_rows, held_out, label_findings, unknown_labels
from recurra.checking.leaks import leak_findings
from recurra.checking.lenient_reader import LenientReader
from recurra.checking.near_copies import near_copies_between, near_copies_inside
from recurra.checking.readable import readable
from recurra.checking.report import GRAVEST_FIRST, FileSeen, Report, WordsSeen
from recurra.checking.texts import text_findings
from recurra.checking.words import MissedWords, learned_words, missed_words, rows_of, word_findings
from recurra.data.blocks import Blocks
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.text import TextPipeline, TextSettings
from recurra.text.fields import input_texts
from recurra.text.token_choice import choose_tokens, sampled_places

__all__ = ["KnownModel", "Training", "check", "open_source"]

Advance: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True, kw_only=True)
class Training:
    """What training would do with the rows.

    Attributes:
        text: its text pipeline; ``tokens`` may be ``auto``.
        characters: settings that differ where ``auto`` chooses characters; those of the text pipeline count here.
        share: of the rows that it holds out.
        seed: with which it draws them.
    """

    text: TextSettings = field(default_factory=TextSettings)
    characters: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class KnownModel:
    """What a trained model knows.

    Attributes:
        name: the model's.
        pipeline: its way of reading.
        classes: its labels as they are written.
    """

    name: str
    pipeline: TextPipeline
    classes: Collection[str]


def open_source(
    data: Blocks | Table,
    part: Part,
    names: LabelNames,
    *,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
) -> LenientReader:
    """Opens a file for :func:`check`, also one that training refuses for its bytes.

    Args:
        data: the rows.
        part: which file it is.
        names: the labels' numbers, the same for both files.
        text: the text column, or ``None`` to guess it.
        title: the title column.
        label: the label column.

    Raises:
        DataError: it cannot be read, or its columns cannot be told.
    """
    if isinstance(data, Table):
        return LenientReader(
            data.blocks, names, text=data.text_column, title=data.title_column, label=data.label_column
        )
    blocks, drafts = readable(data, part)
    return LenientReader(blocks, names, text=text, title=title, label=label, drafts=drafts)


def check(
    train: LenientReader,
    test: LenientReader | None = None,
    *,
    training: Training,
    known: KnownModel | None = None,
    similarity: float = 0.5,
    inside: bool = False,
    progress: Callable[[str], Advance] = lambda title: lambda rows, total: None,
) -> Report:
    """Looks at labelled rows before a model learns from them.

    Rows may have several labels: as :func:`recurra.checking.label_cells.settle` has decided, or where cells are lists.

    Args:
        train: the rows to learn from.
        test: the rows to test on.
        training: what training would do.
        known: a model that the rows are for, instead of one that is to be trained.
        similarity: from which on texts are near-copies, Jaccard's of their 5-character pieces.
        inside: whether to look for near-copies among the training rows as well, which takes them all into memory.
        progress: gives, for the title of a step, what hears how many rows were done more, and of how many.

    Raises:
        DataError: a file cannot be read to its end.
        SettingsError: ``similarity`` is out of range.
    """
    readers: dict[Part, LenientReader] = {"train": train} if test is None else {"train": train, "test": test}
    names = train.names
    facts = {
        part: facts_of_rows(reader, advance=progress(f"reading {reader.source}")) for part, reader in readers.items()
    }
    drafts = [draft for reader in readers.values() for draft in reader.drafts]
    drafts += undecided(facts["train"], names)
    for part in readers:
        drafts += text_findings(facts[part], part)
        drafts += label_findings(facts[part], part, names, share=training.share, seed=training.seed)
        drafts += copies_inside(facts[part], part, task=names.task)
        drafts += _untitled(facts[part], part)
        drafts += _headless(readers[part], facts[part], part)
        if known is not None:
            mend = "Train a model with them, or leave these rows out."
            who = f"the training rows of {known.name}"
            drafts += unknown_labels(facts[part], part, names, known.classes, who=who, mend=mend)
    if test is not None:
        if known is None:
            mend = "Add training rows of these classes, or leave the rows out of the test."
            classes = class_rows(facts["train"], names)
            drafts += unknown_labels(facts["test"], "test", names, classes, who="the training rows", mend=mend)
        drafts += copies_between(facts["train"], facts["test"])
        both = [(readers[part], facts[part]) for part in readers]
        drafts += near_copies_between(
            both[0], both[1], threshold=similarity, advance=progress("comparing test and training rows")
        )
    if inside:
        advance = progress("comparing training rows")
        drafts += near_copies_inside(readers["train"], facts["train"], threshold=similarity, advance=advance)
    drafts += leak_findings(readers["train"], len(facts["train"]))
    words, found = _words(readers, facts, training, known)
    drafts += found
    findings = sorted(
        described(drafts, readers), key=lambda one: (GRAVEST_FIRST.index(one.severity), one.part != "train")
    )
    return Report(
        files={part: _seen(reader, facts[part], names) for part, reader in readers.items()},
        findings=findings,
        words=words,
        looked_for=_looked_for(test is not None, known is not None, inside, readers["train"]),
        task=names.task,
        separator=names.separator,
        notes=list(dict.fromkeys(note for reader in readers.values() for note in reader.notes)),
    )


def _words(
    readers: dict[Part, LenientReader], facts: dict[Part, Facts], training: Training, known: KnownModel | None
) -> tuple[WordsSeen | None, list[Draft]]:
    """What the vocabulary misses in the test rows, or else in those that it would not be learned from."""
    part: Part = "test" if "test" in readers else "train"
    rows = facts[part].usable
    named = "test rows"
    whose = "that training would learn"
    if known is not None:
        pipeline, whose = known.pipeline, f"of {known.name}"
        named = named if part == "test" else "rows"
    else:
        usable, train_names = facts["train"].usable, readers["train"].names
        try:
            kept, held = held_out(facts["train"].labels[usable], train_names, share=training.share, seed=training.seed)
            if part == "train":
                rows, named = usable[held], "rows that training would hold out"
            settings = _read_by(readers["train"], facts["train"], usable[kept], training)
            pipeline = learned_words(rows_of(readers["train"], usable[kept]), settings)
        except DataError:
            # Too few rows to split, or no word in them: other findings say so.
            return None, []
    missed: MissedWords = missed_words(rows_of(readers[part], rows), pipeline)
    seen = WordsSeen(named, whose, missed.known, pipeline.settings.tokens, missed.share)
    return seen, word_findings(missed, part, whose=whose, rows_named=named)


def _read_by(reader: LenientReader, facts: Facts, kept: npt.NDArray[np.int64], training: Training) -> TextSettings:
    """The settings of the text pipeline once words or characters are chosen, as training chooses them."""
    if training.text.tokens != "auto":
        return training.text
    places = kept[sampled_places(len(kept))]
    documents = [document for _, some in rows_of(reader, places) for document in some]
    targets = None if reader.names.task.lists else facts.labels[places].astype(np.int64)
    choice = choose_tokens(input_texts(documents, training.text), targets)
    own = {name: value for name, value in training.characters.items() if name in training.text.to_dict()}
    return training.text.replace(**(own if choice.tokens == "characters" else {}), tokens=choice.tokens)


def _untitled(facts: Facts, part: Part) -> list[Draft]:
    if not len(facts.untitled):
        return []
    share = len(facts.untitled) / len(facts)
    meaning = f"{share:.1%} of the rows have no title, and the network reads their texts alone."
    mend = "Models that read titles alone (lesson/simple-rnn-titles) leave them out."
    return [Draft("titles missing", "note", part, facts.untitled, meaning, mend, facts={"share": share})]


def _headless(reader: LenientReader, facts: Facts, part: Part) -> list[Draft]:
    """A guessed label column whose name is one of its labels: the file begins with a row and not with a header."""
    if not reader.header_is_row(class_rows(facts, reader.names)):
        return []
    column = reader.columns.label
    meaning = f"The first row names a column {column!r}, which is one of its labels: that row is taken for a header."
    mend = "Add a header row such as label,text, or name the label column with --label."
    return [Draft("no header row", "error", part, NOWHERE, meaning, mend, count=1, what="file")]


def _seen(reader: LenientReader, facts: Facts, names: LabelNames) -> FileSeen:
    columns = {"text": reader.columns.text, "title": reader.columns.title, "label": reader.columns.label}
    filled = facts.characters[facts.characters > 0]
    median = float(np.median(filled)) if len(filled) else 0.0
    return FileSeen(reader.source, len(facts), columns, class_rows(facts, names), median, reader.head.row_hint)


def _looked_for(test: bool, model: bool, inside: bool, train: LenientReader) -> list[str]:
    what = [
        "wrong encodings", "empty texts", "damaged texts (mojibake, lost characters, control characters, HTML)",
        "texts that look cut or are extremely long", "missing labels", "classes in several spellings",
        "rare and uneven classes", "duplicates", "equal texts under different labels", "labels named in their texts",
    ]  # fmt: skip
    if train.columns.title is not None:
        what.append("missing titles")
    if test or model:
        what.append("unknown labels")
    if test:
        what += ["test texts among the training rows", "near-copies of training rows in the test"]
    if inside:
        what.append("near-copies among the training rows")
    return [*what, "words that the vocabulary misses"]
