"""Labels that are missing, unknown, rare, or one class in several spellings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import NO_LABEL, LabelNames
from recurra.data.coded import CodedLabels
from recurra.errors import DataError
from recurra.text import Labels

__all__ = ["class_rows", "folded", "held_out", "label_findings", "spellings", "unknown_labels"]

UNEVEN = 10
"""The largest class has so many times the rows of the smallest: accuracy then says little about the small ones."""

ALIKE = 0.8
"""Labels are likely to be one, misspelt, from this ratio of common letters on (Ratcliff and Obershelp 1988)."""

LONGEST_LIST = 12
"""Classes that a sentence names."""

NOWHERE: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)


def class_rows(facts: Facts, names: LabelNames) -> dict[str, int]:
    """The rows of each class, the largest first."""
    return _by_class(facts.labels[facts.labels != NO_LABEL], names)


def folded(name: str) -> str:
    """A label without regard to case and white space."""
    return " ".join(name.split()).casefold()


def spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """For each label that is another one but for case and white space, the spelling that most rows have.

    Of equally frequent ones it is the one without white space around it, then the first by code point.
    """
    groups: dict[str, list[str]] = {}
    for name in counts:
        groups.setdefault(folded(name), []).append(name)
    usual = {}
    for same in groups.values():
        best = min(same, key=lambda name: (-counts[name], name != name.strip(), name))
        usual.update({name: best for name in same if name != best})
    return usual


def held_out(
    labels: npt.NDArray[np.int32], names: LabelNames, *, share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows that training would learn from and those that it would hold out, as the task does.

    Args:
        labels: int32[rows], numbers of labels; each row has one.
        names: of the labels.
        share: of the rows to hold out.
        seed: of the shuffle.
    """
    task = names.task
    classes = Labels(tuple(sorted(set(chain.from_iterable(names.members)))))
    # Of one label a row a list of labels is that label.
    values = [own if task.lists else own[0] for own in names.members]
    targets = task.targets(classes, values, source="the file") if values else np.empty(0, dtype=np.int64)
    return task.hold_out(CodedLabels.of(labels.tolist()), targets[labels], share=share, seed=seed)


def label_findings(facts: Facts, part: Part, names: LabelNames, *, share: float, seed: int) -> list[Draft]:
    """What is wrong with the labels of one file.

    Args:
        facts: of the file.
        part: which it is.
        names: of the labels.
        share: of the rows that training holds out.
        seed: with which it draws them.
    """
    drafts = []
    missing = np.flatnonzero(facts.labels == NO_LABEL)
    if len(missing):
        meaning = "Training and evaluation stop at the first row without a label."
        drafts.append(
            Draft("no label", "error", part, missing, meaning, "Label them; --fix leaves them out.", mended=True)
        )
    counts = class_rows(facts, names)
    usual = spellings(counts)
    drafts += _spelled(facts, part, names, counts, usual)
    if part == "train":
        # In the usual spelling: one class misspelt once is not a rare one besides.
        drafts += _few(names.respelled(usual)[facts.labels], names, share=share, seed=seed)
    return drafts


def unknown_labels(
    facts: Facts, part: Part, names: LabelNames, known: Collection[str], *, who: str, mend: str
) -> list[Draft]:
    """Labels that others do not know.

    Args:
        facts: of the file.
        part: which it is.
        names: of the labels.
        known: the classes of the others.
        who: these, such as ``the training rows``.
        mend: what to do.
    """
    numbers = [number for number, own in enumerate(names.members) if not set(own) <= set(known)]
    rows = np.flatnonzero(np.isin(facts.labels, numbers))
    if not len(rows):
        return []
    counts = {name: count for name, count in class_rows(facts, names).items() if name not in known}
    them = "it" if len(counts) == 1 else "them"
    meaning = f"{_listed(counts)}: {who} never have {them}, and evaluation counts that as wrong.{_meant(counts, known)}"
    return [Draft("unknown labels", "error", part, rows, meaning, mend, facts={"classes": counts})]


def _spelled(
    facts: Facts, part: Part, names: LabelNames, counts: Mapping[str, int], usual: Mapping[str, str]
) -> list[Draft]:
    rows = np.flatnonzero(np.isin(facts.labels, names.having(usual)))
    if not len(rows):
        return []
    respelled = names.respelled(usual)
    details = [{"usual": names[int(respelled[number])]} for number in facts.labels[rows]]
    pairs = [f"{name!r} ({counts[name]:,}) is {best!r} ({counts[best]:,})" for name, best in usual.items()]
    meaning = f"Labels that differ in case or white space alone are classes of their own: {_shortened(pairs)}."
    mend = "--fix gives them the spelling that most rows have."
    return [Draft("one class in several spellings", "warning", part, rows, meaning, mend, details=details, mended=True)]


def _few(labels: npt.NDArray[np.int32], names: LabelNames, *, share: float, seed: int) -> list[Draft]:
    """Too few classes, classes with too few rows, and uneven ones."""
    labelled = np.flatnonzero(labels != NO_LABEL)
    counts = _by_class(labels[labelled], names)
    if len(counts) < 2:
        meaning = "There is nothing to tell apart: training needs two classes or more."
        mend = "Name the column of the labels with --label, or add rows of other classes."
        return [Draft("a single class", "error", "train", NOWHERE, meaning, mend, count=len(counts), what="class")]
    most, least = max(counts.values()), min(counts.values())
    try:
        _, held = held_out(labels[labelled], names, share=share, seed=seed)
    except DataError:
        meaning = f"{names.task.wording.rare}: none can be held out to see what was learned, and training stops."
        mend = "Give more rows a class."
        return [Draft("rare classes", "error", "train", labelled, meaning, mend, count=len(counts), what="class")]
    drafts = []
    few = {name: rows for name, rows in counts.items() if name not in _by_class(labels[labelled][held], names)}
    if few:
        rows = np.flatnonzero(np.isin(labels, names.having(few)))
        meaning = (
            f"Too few rows for one to be among the {len(held):,} that training holds out, so that validation says "
            f"nothing about {'this class' if len(few) == 1 else 'these classes'}: {_listed(few)}."
            f"{_meant(few, set(counts) - set(few))}"
        )
        mend = "Add rows, join them with a related class, or leave them out."
        drafts.append(
            Draft(
                "rare classes",
                "warning",
                "train",
                rows,
                meaning,
                mend,
                count=len(few),
                what="class",
                facts={"classes": few},
            )
        )
    if most >= UNEVEN * least:
        largest, smallest = next(iter(counts)), next(reversed(counts))
        meaning = f"{largest!r} has {most:,} rows and {smallest!r} {least:,}: accuracy says little about small classes."
        mend = "Look at macro F1 and at each class's recall; training can weigh classes (--set class_weights=balanced)."
        drafts.append(
            Draft(
                "uneven classes",
                "note",
                "train",
                NOWHERE,
                meaning,
                mend,
                count=len(counts),
                what="class",
                facts={"largest": most, "smallest": least},
            )
        )
    return drafts


def _meant(names: Collection[str], known: Collection[str]) -> str:
    """A sentence on which of the labels look like misspellings of others, if any does."""
    others = {folded(name): name for name in known}
    meant = {name: get_close_matches(folded(name), others, n=1, cutoff=ALIKE) for name in names}
    pairs = [f"{name!r} may be {others[found[0]]!r}" for name, found in meant.items() if found]
    return f" {_shortened(pairs)}." if pairs else ""


def _by_class(labels: npt.NDArray[np.int32], names: LabelNames) -> dict[str, int]:
    """Rows of each class, the largest first; all rows have a label."""
    counts: Counter[str] = Counter()
    for number, rows in enumerate(np.bincount(labels).tolist()):
        for name in names.members[number] if rows else ():
            counts[name] += rows
    return dict(counts.most_common())


def _listed(counts: Mapping[str, int]) -> str:
    return _shortened([f"{name!r} ({rows:,} row{'' if rows == 1 else 's'})" for name, rows in counts.items()])


def _shortened(words: list[str]) -> str:
    more = len(words) - LONGEST_LIST
    return ", ".join(words[:LONGEST_LIST]) + (f" and {more:,} more" if more > 0 else "")
