"""Runs all checks on a training file and, if there is one, on its test file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.checking.damaged_files import readable_blocks
from recurra.checking.draft import Draft, complete_findings
from recurra.checking.duplicates import duplicate_findings, overlap_findings
from recurra.checking.facts import Facts, collect_facts
from recurra.checking.finding import Part, Severity
from recurra.checking.label_format import label_format_findings
from recurra.checking.label_names import LabelNames
from recurra.checking.labels import NO_ROWS, class_rows, classes_without_rows, held_out, label_findings, unknown_labels
from recurra.checking.leakage import leakage_findings
from recurra.checking.lenient_reader import LenientReader
from recurra.checking.mixed_labels import mixed_label_findings
from recurra.checking.near_duplicates import near_duplicates_between, near_duplicates_within
from recurra.checking.report import SEVERITIES, CoverageSummary, FileSummary, Report
from recurra.checking.texts import text_findings
from recurra.checking.vocabulary_coverage import (
    VocabularyCoverage,
    coverage_findings,
    learn_pipeline,
    measure_coverage,
    rows_of,
)
from recurra.data.blocks import Blocks, read_head
from recurra.data.documents import Label
from recurra.data.formats import short_name
from recurra.data.label_spellings import usual_spellings
from recurra.data.model_columns import ModelColumns
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.text import TextPipeline, TextSettings
from recurra.text.fields import input_texts
from recurra.text.words_or_characters import choose_tokens, sampled_places

__all__ = ["KnownModel", "Training", "check", "open_source"]

Advance: TypeAlias = Callable[[int, int | None], None]

RARE = 0.01
"""Share of the rows below which missing texts are a note: some mails have a subject alone."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """The training settings that the checks depend on.

    Attributes:
        text: settings of the text pipeline; ``tokens`` may be ``auto``.
        characters: settings that apply if ``auto`` chooses characters; only those of the text pipeline are used.
        share: share of the rows that training holds out.
        seed: seed of the held-out split.
    """

    text: TextSettings = field(default_factory=TextSettings)
    characters: Mapping[str, Any] = field(default_factory=dict)
    share: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class KnownModel:
    """The labels and the vocabulary of a trained model.

    Attributes:
        name: name of the model.
        pipeline: text pipeline of the model.
        classes: labels of the model as text.
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
    model: ModelColumns | None = None,
    classes: Collection[Label] = (),
    like: LenientReader | None = None,
    labelled: bool = True,
) -> LenientReader:
    """Opens a file for :func:`check`, including one whose bytes training rejects.

    Args:
        data: the rows.
        part: the training or the test file.
        names: numbers of labels, shared by both files.
        text: the text column, or ``None`` to guess it.
        title: the title column.
        label: the label column.
        model: the columns that a model learned from, taken where the file has them.
        classes: that model's; a file with none of them is refused if its label column is guessed.
        like: the training file, whose columns are taken where the test file has them.
        labelled: whether to read labels.

    Raises:
        DataError: the file cannot be read, or its columns cannot be guessed.
    """
    if isinstance(data, Table):
        return LenientReader(
            data.blocks, names, text=data.text_column, title=data.title_column, label=data.label_column
        )
    blocks, drafts = readable_blocks(data, part)
    named = {"text": text, "title": title, "label": label}
    if like is not None:
        there = read_head(blocks).names
        wanted = {"text": like.columns.text, "title": like.columns.title, "label": like.columns.label}
        # A title goes with its text.
        wanted["title"] = wanted["title"] if wanted["text"] in there else None
        named = {role: name or (wanted[role] if wanted[role] in there else None) for role, name in named.items()}
    columns: dict[str, Any] = {**named, "model": model, "classes": classes, "labelled": labelled}
    return LenientReader(blocks, names, drafts=drafts, **columns)


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
    """Checks labelled rows before a model is trained on them.

    Rows may have several labels: see :func:`recurra.checking.label_format.choose_label_format`. Of rows that were
    opened without labels only the bytes and the texts are checked, and the words with ``known``.

    Args:
        train: the training rows.
        test: the test rows.
        training: settings of the training to come.
        known: a trained model that the rows are for, instead of one that is to be trained.
        similarity: minimum Jaccard similarity of near-copies, over the sets of their character 5-grams.
        inside: whether to look for near-copies among the training rows as well; keeps all their texts in memory.
        progress: takes the title of a step and returns a callback, called with the number of rows just done and the
            total.

    Raises:
        DataError: a file cannot be read to its end.
        SettingsError: ``similarity`` is out of range.
    """
    readers: dict[Part, LenientReader] = {"train": train} if test is None else {"train": train, "test": test}
    names = train.names
    facts = {
        part: collect_facts(reader, advance=progress(f"reading {reader.source}")) for part, reader in readers.items()
    }
    drafts = [draft for reader in readers.values() for draft in reader.drafts]
    if train.columns.label is None:
        return _of_texts(train, facts["train"], drafts, training, known)
    asked = label_format_findings(train, facts["train"])
    drafts += asked
    several = str(asked[0].facts.get("say", "")) if asked else ""
    counts = {part: class_rows(facts[part], names) for part in readers}
    # Spellings of one class are a finding of their own, and no conflict.
    both = Counter(counts["train"]) + Counter(counts.get("test", {}))
    usual = usual_spellings(both, () if known is None else known.classes)
    spelled = {part: replace(facts[part], labels=names.respelled(usual)[facts[part].labels]) for part in readers}
    for part in readers:
        drafts += mixed_label_findings(readers[part], part)
        drafts += text_findings(facts[part], part)
        drafts += label_findings(
            facts[part],
            part,
            names,
            share=training.share,
            seed=training.seed,
            known=known.classes if known is not None else counts["train"] if part == "test" else (),
            model=known is not None,
            several=several,
        )
        drafts += duplicate_findings(spelled[part], part, task=names.task)
        drafts += _missing_texts(readers[part], facts[part], part)
        drafts += _missing_titles(facts[part], part)
        drafts += _missing_columns(readers[part], part)
        drafts += _missing_header(readers[part], facts[part], part)
        if known is not None:
            who = f"the training rows of {known.name}"
            drafts += unknown_labels(facts[part], part, names, known.classes, who=who)
            drafts += classes_without_rows(facts[part], part, names, known.classes, whose=known.name)
    if test is not None:
        if known is None:
            hint = "Add training rows of these classes, or leave the rows out of the test."
            classes = counts["train"]
            drafts += unknown_labels(facts["test"], "test", names, classes, who="the training rows", hint=hint)
        drafts += overlap_findings(spelled["train"], spelled["test"])
        drafts += near_duplicates_between(
            (train, spelled["train"]),
            (test, spelled["test"]),
            threshold=similarity,
            advance=progress("comparing test and training rows"),
        )
    if inside:
        advance = progress("comparing training rows")
        drafts += near_duplicates_within(train, spelled["train"], threshold=similarity, advance=advance)
    drafts += leakage_findings(readers["train"], len(facts["train"]))
    words, found = _coverage(readers, facts, training, known)
    drafts += found
    found_all = complete_findings([*map(_of_its_file, drafts)], readers)
    findings = sorted(found_all, key=lambda one: (SEVERITIES.index(one.severity), one.part != "train"))
    return Report(
        files={part: _summary(reader, facts[part], names) for part, reader in readers.items()},
        findings=findings,
        words=words,
        looked_for=_looked_for(test is not None, known is not None, inside, readers["train"]),
        task=names.task,
        separator=names.separator,
        notes=list(dict.fromkeys(note for reader in readers.values() for note in _notes(reader))),
    )


def _of_texts(
    reader: LenientReader, facts: Facts, drafts: list[Draft], training: Training, known: KnownModel | None
) -> Report:
    """The report on rows without labels, such as those that are to be classified."""
    # Each row is to be classified: the copy keeps it.
    kept = [
        replace(draft, hint="Find their texts, or leave them to people.", fixable=False)
        if draft.kind == "empty texts"
        else draft
        for draft in text_findings(facts, "train")
    ]
    drafts = [*drafts, *kept, *_missing_texts(reader, facts, "train")]
    drafts += [*_missing_titles(facts, "train"), *_missing_columns(reader, "train")]
    if len(facts.headers):
        drafts += _missing_header(reader, facts, "train")
    words, found = (None, []) if known is None else _coverage({"train": reader}, {"train": facts}, training, known)
    findings = complete_findings([*drafts, *found], {"train": reader})
    looked_for = _looked_for_texts(reader) + (["words that the vocabulary misses"] if words is not None else [])
    summary = replace(_summary(reader, facts, reader.names), classes={})
    return Report(
        files={"train": summary},
        findings=sorted(findings, key=lambda one: SEVERITIES.index(one.severity)),
        words=words,
        looked_for=looked_for,
        notes=_notes(reader),
    )


def _of_its_file(draft: Draft) -> Draft:
    """The draft; if it is about rows of the test file, which ``--fix`` leaves alone, with a hint that cleans that file.

    Test texts among the training rows are about both files, and the training rows are left out.
    """
    if draft.part == "train" or (draft.others is not None and draft.other_part == "train"):
        return draft
    hint = draft.hint if "recurra check" in draft.hint else draft.hint.replace("--fix", "recurra check TEST --fix OUT")
    return replace(draft, hint=hint, fixable=False)


def _coverage(
    readers: dict[Part, LenientReader], facts: dict[Part, Facts], training: Training, known: KnownModel | None
) -> tuple[CoverageSummary | None, list[Draft]]:
    """Vocabulary coverage of the test rows or, without test rows, of those that training would hold out."""
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
            settings = _chosen_settings(readers["train"], facts["train"], usable[kept], training)
            pipeline = learn_pipeline(rows_of(readers["train"], usable[kept]), settings)
        except DataError:
            # Too few rows to split, or no words in them: other findings report that.
            return None, []
    missed: VocabularyCoverage = measure_coverage(rows_of(readers[part], rows), pipeline)
    seen = CoverageSummary(named, whose, missed.known, pipeline.settings.tokens, missed.share)
    return seen, coverage_findings(missed, part, whose=whose, rows_named=named)


def _chosen_settings(
    reader: LenientReader, facts: Facts, kept: npt.NDArray[np.int64], training: Training
) -> TextSettings:
    """The settings of the text pipeline, with words or characters chosen as in training."""
    if training.text.tokens != "auto":
        return training.text
    places = kept[sampled_places(len(kept))]
    documents = [document for _, some in rows_of(reader, places) for document in some]
    targets = None if reader.names.task.lists else facts.labels[places].astype(np.int64)
    choice = choose_tokens(input_texts(documents, training.text), targets)
    own = {name: value for name, value in training.characters.items() if name in training.text.to_dict()}
    return training.text.replace(**(own if choice.tokens == "characters" else {}), tokens=choice.tokens)


def _missing_texts(reader: LenientReader, facts: Facts, part: Part) -> list[Draft]:
    """Rows with a title alone: mostly their column was renamed in some of the rows."""
    rows = facts.textless
    if not len(rows):
        return []
    share, column = len(rows) / len(facts), short_name(reader.columns.text)
    severity: Severity = "warning" if share >= RARE else "note"
    meaning = f"{share:.1%} of the rows have a title and an empty column {column!r}: their titles alone are read."
    hint = "Look whether their texts are in another column, such as after a change of its name."
    return [Draft("texts missing", severity, part, rows, meaning, hint, facts={"share": share})]


def _missing_titles(facts: Facts, part: Part) -> list[Draft]:
    if not len(facts.untitled):
        return []
    share = len(facts.untitled) / len(facts)
    meaning = f"{share:.1%} of the rows have no title, and the network reads their texts alone."
    hint = "Models that read titles alone (lesson/simple-rnn-titles) leave them out."
    return [Draft("titles missing", "note", part, facts.untitled, meaning, hint, facts={"share": share})]


def _missing_columns(reader: LenientReader, part: Part) -> list[Draft]:
    """What a model learned from and the file lacks: its answers would be about something else."""
    return [
        Draft(
            "columns missing",
            "warning",
            part,
            NO_ROWS,
            f"{one.meaning}.",
            f"{one.hint[:1].upper()}{one.hint[1:]}.",
            count=1,
            what="column",
            facts={"column": one.learned, "read_instead": one.read},
        )
        for one in reader.columns.missing
    ]


def _notes(reader: LenientReader) -> list[str]:
    """The notes without those that are findings."""
    found = {one.warning for one in reader.columns.missing}
    return [note for note in reader.notes if note not in found]


def _missing_header(reader: LenientReader, facts: Facts, part: Part) -> list[Draft]:
    """Rows that repeat the header; or a guessed column whose name is a value: a row stands where the header should."""
    if more := len(facts.headers):
        first = f"Row {reader.number(int(facts.headers[0])):,}"
        which = f"{first} repeats" if more == 1 else f"{first} and {more - 1:,} more repeat"
        effect = "its cells are classified as a text" if reader.columns.label is None else "training stops there"
        meaning = f"{which} the header, as where two exports were joined: {effect}."
        return [Draft("repeated header", "error", part, facts.headers, meaning, "--fix leaves them out.", fixable=True)]
    if reader.header_is_row(class_rows(facts, reader.names)):
        column, what = reader.columns.label, "labels"
    elif (column := reader.first_row_name) is not None:
        what = "values"
    else:
        return []
    meaning = f"The first row names a column {column!r}, which is one of its {what}: that row is taken for a header."
    hint = "Add a header row such as label,text, or name the label column with --label."
    return [Draft("no header row", "error", part, NO_ROWS, meaning, hint, count=1, what="file")]


def _summary(reader: LenientReader, facts: Facts, names: LabelNames) -> FileSummary:
    columns = {"text": reader.columns.text, "title": reader.columns.title, "label": reader.columns.label}
    filled = facts.characters[facts.characters > 0]
    median = float(np.median(filled)) if len(filled) else 0.0
    return FileSummary(reader.source, len(facts), columns, class_rows(facts, names), median, reader.head.row_hint)


def _looked_for(test: bool, model: bool, inside: bool, train: LenientReader) -> list[str]:
    what = [
        *_looked_for_texts(train), "missing labels", "classes in several spellings", "damaged labels",
        "placeholders among labels", "misspelt labels",
        "rare and uneven classes", "duplicates", "equal texts under different labels", "labels named in their texts",
    ]  # fmt: skip
    if test or model:
        what.append("unknown labels")
    if model:
        what.append("classes without rows")
    if test:
        what += ["test texts among the training rows", "near-copies of training rows in the test"]
    if inside:
        what.append("near-copies among the training rows")
    return [*what, "words that the vocabulary misses"]


def _looked_for_texts(reader: LenientReader) -> list[str]:
    what = [
        "wrong encodings", "empty texts", "damaged texts (mojibake, lost characters, control characters, HTML)",
        "texts that look cut or are extremely long",
    ]  # fmt: skip
    return what if reader.columns.title is None else [*what, "missing texts", "missing titles"]
