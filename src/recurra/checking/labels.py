"""Findings about labels: missing, unknown or rare ones, and classes in several spellings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.checking.doubtful_labels import (
    RENAME,
    is_placeholder,
    joined_label_findings,
    misspelling_findings,
    near_spelling_findings,
    placeholder_findings,
)
from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import NO_LABEL, LabelNames
from recurra.checking.label_wording import listed_labels, shortened, shown_label
from recurra.checking.misspellings import may_be_sentence, near_spellings, one_letter_apart, similar_labels
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import nearly_one_a_row
from recurra.data.label_spellings import damage_of, leading_zeros_sentence, spelling_differences, usual_spellings
from recurra.errors import DataError
from recurra.tasks.multi_label_detection import likelier_separator
from recurra.text import Labels

__all__ = [
    "UNKNOWN_LABELS_HINT",
    "class_rows",
    "classes_without_rows",
    "held_out",
    "label_findings",
    "spelling_sentence",
    "unknown_labels",
]

UNEVEN = 10
"""Ratio of the largest class to the smallest from which classes are uneven: accuracy says little about small ones."""

_CLEANEST_SPELLING = "--fix gives them the cleanest spelling: single spaces, and the case of most other classes."
_MODEL_SPELLING = "--fix gives them the spelling of the model's classes."
_TRAINING_SPELLING = (
    "Write them as the training rows do; recurra check TEST --model MODEL --fix OUT writes them as a model has them."
)
UNKNOWN_LABELS_HINT = "Train a model with them, or leave these rows out: --fix with --drop-unknown does."

_NUMBERS_HINT = (
    "The labels of the model are numbers: give these numbers, train a new model from all rows, or leave these rows "
    "out: --fix with --drop-unknown does."
)
_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")

NO_ROWS: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)


def class_rows(facts: Facts, names: LabelNames) -> dict[str, int]:
    """Number of rows of each class, the largest first."""
    return _by_class(facts.labels[facts.labels != NO_LABEL], names)


def spelling_sentence(counts: Mapping[str, int], usual: Mapping[str, str]) -> str:
    """Sentences on labels that differ in spelling only, and on damaged ones.

    Args:
        counts: number of rows by label.
        usual: result of :func:`recurra.data.label_spellings.usual_spellings`, with one label or more.
    """
    written, damaged = _by_damage(usual)
    *some, last = spelling_differences(written.items())
    said = []
    for start, names in (
        (f"Labels that differ in {', '.join(some)} or {last} alone", written),
        ("Damaged labels", damaged),
    ):
        if names:
            pairs = [_respelling(name, best, counts) for name, best in names.items()]
            said.append(f"{start} are classes of their own: {shortened(pairs)}.")
    return " ".join(said)


def spelling_note(counts: Mapping[str, int], known: Collection[str], *, in_python: bool) -> str:
    """What training says of labels that differ in case, white space or by damage alone, with what to do; else empty.

    Args:
        counts: number of rows by label.
        known: classes of a model to continue from.
        in_python: whether the labels are a program's own and not a file's.
    """
    if not (usual := usual_spellings(counts, known)):
        return ""
    advice = "recurra check DATA --fix OUT joins them."
    if any(best in known for best in usual.values()):
        # Without the model, a check may choose the other spelling.
        advice = "recurra check DATA --model MODEL --fix OUT joins them, as the model to continue from has them."
    if in_python:
        pairs = [f"{name!r}: {best!r}" for name, best in list(usual.items())[:3]]
        more = ", …" if len(usual) > len(pairs) else ""
        way = f"y.replace({{{', '.join(pairs)}{more}}})"
        if all(name.strip() == best for name, best in usual.items()) or len(way) > 200:
            way = "y.str.strip()"
        advice = f"Write each class in one way, such as {way}."
    return f"{spelling_sentence(counts, usual)} {advice}"


def _by_damage(usual: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The labels that are equal to their cleanest spelling when folded, and the damaged ones."""
    damaged = {name: best for name, best in usual.items() if damage_of(name, best)}
    return {name: best for name, best in usual.items() if name not in damaged}, damaged


def _respelling(name: str, best: str, counts: Mapping[str, int]) -> str:
    damage = damage_of(name, best)
    why = f", {damage}" if damage else ""
    rows = f" ({counts[best]:,})" if best in counts else ""
    return f"{shown_label(name)} ({counts[name]:,}{why}) is {shown_label(best)}{rows}"


def held_out(
    labels: npt.NDArray[np.int32], names: LabelNames, *, share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows that training would use and those that it would hold out, split by the task.

    Args:
        labels: int32[rows], numbers of labels; every row has one.
        names: names of the labels.
        share: share of the rows to hold out.
        seed: seed of the shuffle.
    """
    task = names.task
    classes = Labels(tuple(sorted(set(chain.from_iterable(names.members)))))
    # In a single-label task, the list of labels has one element.
    values = [own if task.lists else own[0] for own in names.members]
    targets = task.targets(classes, values, source="the file") if values else np.empty(0, dtype=np.int64)
    return task.hold_out(EncodedLabels.of(labels.tolist()), targets[labels], share=share, seed=seed)


def label_findings(
    facts: Facts,
    part: Part,
    names: LabelNames,
    *,
    share: float,
    seed: int,
    known: Collection[str] = (),
    model: bool = False,
    several: str = "",
) -> list[Draft]:
    """Problems with the labels of one file.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        share: share of the rows that training holds out.
        seed: seed of the held-out split.
        known: classes whose spelling counts: those of a model, or of the training rows.
        model: whether they are those of a model that the rows are for.
        several: the options that say that rows have several labels, if the cells look like it.
    """
    drafts = []
    command = "train" if part == "train" else "evaluate"
    missing = np.setdiff1d(np.flatnonzero(facts.labels == NO_LABEL), facts.headers)
    if len(missing):
        meaning = "Training and evaluation stop at the first row without a label."
        first = f"Say first whether cells hold several labels: with {several} an empty cell is a row that has none. "
        first = first if several else ""
        drafts.append(
            Draft(
                "no label",
                "error",
                part,
                missing,
                meaning,
                first + f"{'Otherwise label' if first else 'Label'} them; --fix leaves them out, and {command} "
                "--skip-unlabelled skips them.",
                fixable=True,
            )
        )
    if names.task.lists and len(bare := np.flatnonzero(np.isin(facts.labels, names.without_labels))):
        effect = "Training learns them" if part == "train" else "Evaluation scores them"
        drafts.append(
            Draft(
                "rows without any label",
                "note",
                part,
                bare,
                f"{effect} as rows that have none of the labels.",
                "If nobody has labelled them, write null or leave the cell empty: "
                f"{command} --skip-unlabelled skips these, and no empty list.",
            )
        )
    counts = class_rows(facts, names)
    if not names.task.lists and nearly_one_a_row(len(counts), len(facts) - len(missing)):
        drafts.append(
            Draft(
                "nearly a label for each row",
                "error",
                part,
                NO_ROWS,
                f"{len(counts):,} distinct labels in {len(facts) - len(missing):,} rows: are texts and labels swapped?",
                "Name the columns with --text and --label.",
                count=len(counts),
                what="class",
            )
        )
    usual = usual_spellings(counts, known)
    alone = usual_spellings(counts)
    by_known = any(alone.get(name) != best for name, best in usual.items())
    hint = _MODEL_SPELLING if model else _TRAINING_SPELLING if by_known else _CLEANEST_SPELLING
    drafts += _spelling_findings(facts, part, names, counts, usual, hint)
    drafts += placeholder_findings(facts, part, names, counts, known if model else ())
    drafts += joined_label_findings(facts, part, names, counts)
    if part == "train":
        # In the usual spelling: a misspelt class is not reported as a rare one as well.
        labels = names.respelled(usual)[facts.labels]
        sizes = _class_size_findings(labels, names, share=share, seed=seed)
        rare = {name for draft in sizes for name in draft.facts.get("classes", ())}
        counted = _by_class(labels[labels != NO_LABEL], names)
        plain = {name: rows for name, rows in counted.items() if not is_placeholder(name)}
        # What is said of rare classes is not said twice, and a model's classes are spelled as it learned them.
        meant = {name: own for name, own in one_letter_apart(plain).items() if name not in {*rare, *known}}
        near = {name: own for name, own in near_spellings(plain).items() if name not in {*rare, *known, *meant}}
        respelled = replace(facts, labels=labels)
        drafts += misspelling_findings(respelled, names, meant, plain)
        drafts += near_spelling_findings(respelled, names, near, plain)
        drafts += sizes
    return drafts


def unknown_labels(
    facts: Facts, part: Part, names: LabelNames, known: Collection[str], *, who: str, hint: str = ""
) -> list[Draft]:
    """Labels that are missing from the training rows or from a model.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        known: known classes.
        who: owner of the known classes, such as ``the training rows``.
        hint: what to do, if it is not what there is to do about a model.
    """
    held, classes = class_rows(facts, names), set(known)
    usual = usual_spellings(held, known)
    # Other spellings of a known class are a finding of their own.
    counts = {name: rows for name, rows in held.items() if usual.get(name, name) not in classes}
    rows = np.flatnonzero(np.isin(facts.labels, names.having(counts)))
    if not len(rows):
        return []
    them = "it" if len(counts) == 1 else "them"
    # A model whose labels are numbers can learn no others.
    typed = all(map(_NUMBER.fullmatch, classes)) and not all(map(_NUMBER.fullmatch, counts))
    hint = hint or (_NUMBERS_HINT if typed else UNKNOWN_LABELS_HINT)
    similar = may_be_sentence(similar_labels(counts, known)) + leading_zeros_sentence(counts, known)
    mark = _likelier_separator(facts, names, known)
    stops = f"stops: most cells of several labels have {mark!r} between them"
    effect = "counts that as wrong" if mark is None else stops
    if mark is not None and names.separator is not None:
        where = "Write the training file's separator, or evaluate" if part == "test" else "Check and evaluate"
        hint = f"{where} with --label-separator {mark!r}."
    meaning = f"{listed_labels(counts)}: {who} never have {them}, and evaluation {effect}.{similar}"
    return [Draft("unknown labels", "error", part, rows, meaning, hint, facts={"classes": counts})]


def classes_without_rows(
    facts: Facts, part: Part, names: LabelNames, known: Collection[str], *, whose: str
) -> list[Draft]:
    """The classes of a model that no row has.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        known: the model's classes.
        whose: name of the model.
    """
    held = class_rows(facts, names)
    usual = usual_spellings(held, known)
    there = {usual.get(name, name) for name in held}
    absent = [name for name in known if name not in there]
    if not absent:
        return []
    shown = shortened([*map(shown_label, absent)])
    return [
        Draft(
            "classes without rows",
            "note",
            part,
            NO_ROWS,
            f"{whose} learned {shown}, and no row here has {'it' if len(absent) == 1 else 'one of them'}.",
            "Look whether rows were left out, or a class has another name now.",
            count=len(absent),
            what="class",
            facts={"classes": absent},
        )
    ]


def _likelier_separator(facts: Facts, names: LabelNames, known: Collection[str]) -> str | None:
    """The separator that evaluation asks for instead of the one that cells were split at, if it does."""
    if not names.task.lists:
        return None
    numbers, counts = np.unique(facts.labels[facts.labels != NO_LABEL], return_counts=True)
    rows = dict(zip((names.members[number] for number in numbers.tolist()), counts.tolist(), strict=True))
    return likelier_separator(rows, known)


def _spelling_findings(
    facts: Facts, part: Part, names: LabelNames, counts: Mapping[str, int], usual: Mapping[str, str], spelling: str
) -> list[Draft]:
    respelled = names.respelled(usual)
    drafts = []
    for kind, some, hint in zip(
        ("one class in several spellings", "damaged labels"),
        _by_damage(usual),
        (
            spelling,
            "--fix repairs them as it repairs texts, and joins those that are one class then.",
        ),
        strict=True,
    ):
        rows = np.flatnonzero(np.isin(facts.labels, names.having(some)))
        if len(rows):
            details = [{"usual": names[int(respelled[number])]} for number in facts.labels[rows]]
            meaning = spelling_sentence(counts, some)
            drafts.append(Draft(kind, "warning", part, rows, meaning, hint, details=details, fixable=True))
    return drafts


def _class_size_findings(labels: npt.NDArray[np.int32], names: LabelNames, *, share: float, seed: int) -> list[Draft]:
    """Too few classes, classes with too few rows, and uneven classes."""
    labelled = np.flatnonzero(labels != NO_LABEL)
    counts = _by_class(labels[labelled], names)
    if len(counts) < 2:
        meaning = "There is nothing to tell apart: training needs two classes or more."
        hint = "Name the column of the labels with --label, or add rows of other classes."
        return [Draft("a single class", "error", "train", NO_ROWS, meaning, hint, count=len(counts), what="class")]
    most, least = max(counts.values()), min(counts.values())
    try:
        _, held = held_out(labels[labelled], names, share=share, seed=seed)
    except DataError:
        meaning = f"{names.task.wording.rare}: none can be held out to see what was learned, and training stops."
        hint = "Give more rows a class."
        return [Draft("rare classes", "error", "train", labelled, meaning, hint, count=len(counts), what="class")]
    drafts = []
    few = {name: rows for name, rows in counts.items() if name not in _by_class(labels[labelled][held], names)}
    if few:
        rows = np.flatnonzero(np.isin(labels, names.having(few)))
        similar = similar_labels(few, set(counts) - set(few))
        meaning = (
            f"Too few rows for one to be among the {len(held):,} that training holds out, so that validation says "
            f"nothing about {'this class' if len(few) == 1 else 'these classes'}: {listed_labels(few)}."
            f"{may_be_sentence(similar)}"
        )
        hint = "Add rows, join them with a related class, or leave them out."
        if similar:
            hint += f" What is misspelt is renamed: {RENAME}"
        drafts.append(
            Draft(
                "rare classes",
                "warning",
                "train",
                rows,
                meaning,
                hint,
                count=len(few),
                what="class",
                facts={"classes": few},
            )
        )
    if most >= UNEVEN * least:
        largest, smallest = next(iter(counts)), next(reversed(counts))
        meaning = (
            f"{shown_label(largest)} has {most:,} rows and {shown_label(smallest)} {least:,}: accuracy says little "
            "about small classes."
        )
        hint = "Look at macro F1 and at each class's recall; training can weigh classes (--set class_weights=balanced)."
        drafts.append(
            Draft(
                "uneven classes",
                "note",
                "train",
                NO_ROWS,
                meaning,
                hint,
                count=len(counts),
                what="class",
                facts={"largest": most, "smallest": least},
            )
        )
    return drafts


def _by_class(labels: npt.NDArray[np.int32], names: LabelNames) -> dict[str, int]:
    """Number of rows of each class, the largest first; every row has a label."""
    counts: Counter[str] = Counter()
    for number, rows in enumerate(np.bincount(labels).tolist()):
        for name in names.members[number] if rows else ():
            counts[name] += rows
    return dict(counts.most_common())
