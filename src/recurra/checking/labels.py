"""Findings about labels: missing, unknown or rare ones, and classes in several spellings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import NO_LABEL, LabelNames
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.known_labels import folded
from recurra.data.label_format import nearly_one_a_row
from recurra.errors import DataError
from recurra.text import Labels

__all__ = [
    "class_rows",
    "held_out",
    "label_findings",
    "spelling_sentence",
    "unknown_labels",
    "usual_spellings",
]

UNEVEN = 10
"""Ratio of the largest class to the smallest from which classes are uneven: accuracy says little about small ones."""

ALIKE = 0.8
"""Minimum similarity of a label and its likely misspelling (Ratcliff and Obershelp 1988)."""

LONGEST_LIST = 12
"""Maximum number of classes that a sentence lists."""

LONGEST_NAME = 60
"""Maximum number of characters of a class that a sentence shows."""

NO_ROWS: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)


def class_rows(facts: Facts, names: LabelNames) -> dict[str, int]:
    """Number of rows of each class, the largest first."""
    return _by_class(facts.labels[facts.labels != NO_LABEL], names)


def usual_spellings(counts: Mapping[str, int], known: Collection[str] = ()) -> dict[str, str]:
    """The cleanest spelling by other spelling, for labels that differ in case or white space only.

    A clean spelling has no white space around it and single spaces within. Of the spellings in a file, so cleaned, it
    is the one

    1. in the case that most classes have (lower case, capitals, or a capital first): most of those that are written in
       one way, or else most of all by their most frequent spelling;
    2. not in capitals throughout;
    3. of the most rows;
    4. first by code point.

    Args:
        counts: number of rows by label.
        known: classes of a model: they are kept as they are, and a label that equals one but for case and white space
            gets that class's spelling, of several the one of the most rows.
    """
    groups: dict[str, list[str]] = {}
    for name in counts:
        groups.setdefault(folded(name), []).append(name)
    models: dict[str, list[str]] = {}
    for name in known:
        models.setdefault(folded(name), []).append(name)
    main = [max(same, key=lambda name: counts[name]) for same in groups.values()]
    case = _leading_case(same[0] for same in groups.values() if len(same) == 1) or _leading_case(main)
    usual: dict[str, str] = {}
    for key, same in groups.items():
        if own := models.get(key):
            best = min(own, key=lambda name: (-counts.get(name, 0), name))
            usual |= {name: best for name in same if name not in own}
        elif len(same) > 1:
            best = _cleanest({name: counts[name] for name in same}, case)
            usual |= {name: best for name in same if name != best}
    return usual


def spelling_sentence(counts: Mapping[str, int], usual: Mapping[str, str]) -> str:
    """A sentence on labels that differ in case or white space only.

    Args:
        counts: number of rows by label.
        usual: result of :func:`usual_spellings`, with one label or more.
    """
    pairs = [
        f"{_shown(name)} ({counts[name]:,}) is {_shown(best)}" + (f" ({counts[best]:,})" if best in counts else "")
        for name, best in usual.items()
    ]
    return f"Labels that differ in case or white space alone are classes of their own: {_shortened(pairs)}."


def _cleanest(counts: Mapping[str, int], case: str | None) -> str:
    """The cleanest of the spellings of one class, by their rows and the case that most classes have."""
    rows: Counter[str] = Counter()
    for name, count in counts.items():
        rows[" ".join(name.split())] += count

    def rank(name: str) -> tuple[bool, bool, int, str]:
        own = _case(name)
        return case is not None and own != case, own == "upper", -rows[name], name

    return min(rows, key=rank)


def _leading_case(names: Iterable[str]) -> str | None:
    """The case that most labels have; ``None`` if several lead, or no label has one."""
    cases = Counter(filter(None, map(_case, names))).most_common(2)
    return cases[0][0] if len(cases) == 1 or (cases and cases[0][1] > cases[1][1]) else None


def _case(name: str) -> str | None:
    """``lower``, ``upper`` or ``capital``; ``None`` for a label of another kind or without letters that have a case."""
    if name.islower():
        return "lower"
    if name.isupper():
        return "upper"
    return "capital" if name.strip()[:1].isupper() else None


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
    facts: Facts, part: Part, names: LabelNames, *, share: float, seed: int, known: Collection[str] = ()
) -> list[Draft]:
    """Problems with the labels of one file.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        share: share of the rows that training holds out.
        seed: seed of the held-out split.
        known: classes of the model that the rows are for, whose spelling counts.
    """
    drafts = []
    missing = np.flatnonzero(facts.labels == NO_LABEL)
    if len(missing):
        meaning = "Training and evaluation stop at the first row without a label."
        drafts.append(
            Draft(
                "no label",
                "error",
                part,
                missing,
                meaning,
                "Label them; --fix leaves them out, and train --skip-unlabelled skips them.",
                fixable=True,
            )
        )
    if names.task.lists and len(bare := np.flatnonzero(np.isin(facts.labels, names.without_labels))):
        drafts.append(
            Draft(
                "rows without any label",
                "note",
                part,
                bare,
                "Training learns them as rows that have none of the labels.",
                "If nobody has labelled them, such as a null in JSON, skip them: train --skip-unlabelled.",
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
    drafts += _spelling_findings(facts, part, names, counts, usual)
    if part == "train":
        # In the usual spelling: a misspelt class is not reported as a rare one as well.
        drafts += _class_size_findings(names.respelled(usual)[facts.labels], names, share=share, seed=seed)
    return drafts


def unknown_labels(
    facts: Facts, part: Part, names: LabelNames, known: Collection[str], *, who: str, hint: str
) -> list[Draft]:
    """Labels that are missing from the training rows or from a model.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        names: names of the labels.
        known: known classes.
        who: owner of the known classes, such as ``the training rows``.
        hint: what to do.
    """
    numbers = [number for number, own in enumerate(names.members) if not set(own) <= set(known)]
    rows = np.flatnonzero(np.isin(facts.labels, numbers))
    if not len(rows):
        return []
    counts = {name: count for name, count in class_rows(facts, names).items() if name not in known}
    them = "it" if len(counts) == 1 else "them"
    similar = _likely_misspellings(counts, known)
    meaning = f"{_listed(counts)}: {who} never have {them}, and evaluation counts that as wrong.{similar}"
    return [Draft("unknown labels", "error", part, rows, meaning, hint, facts={"classes": counts})]


def _spelling_findings(
    facts: Facts, part: Part, names: LabelNames, counts: Mapping[str, int], usual: Mapping[str, str]
) -> list[Draft]:
    rows = np.flatnonzero(np.isin(facts.labels, names.having(usual)))
    if not len(rows):
        return []
    respelled = names.respelled(usual)
    details = [{"usual": names[int(respelled[number])]} for number in facts.labels[rows]]
    meaning = spelling_sentence(counts, usual)
    hint = "--fix gives them the cleanest spelling: single spaces, and the case of most other classes."
    return [
        Draft("one class in several spellings", "warning", part, rows, meaning, hint, details=details, fixable=True)
    ]


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
        meaning = (
            f"Too few rows for one to be among the {len(held):,} that training holds out, so that validation says "
            f"nothing about {'this class' if len(few) == 1 else 'these classes'}: {_listed(few)}."
            f"{_likely_misspellings(few, set(counts) - set(few))}"
        )
        hint = "Add rows, join them with a related class, or leave them out."
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
            f"{_shown(largest)} has {most:,} rows and {_shown(smallest)} {least:,}: accuracy says little about small "
            "classes."
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


def _likely_misspellings(names: Collection[str], known: Collection[str]) -> str:
    """A sentence on labels that look like misspellings of others, if there are any."""
    others = {folded(name): name for name in known}
    meant = {name: get_close_matches(folded(name), others, n=1, cutoff=ALIKE) for name in names}
    pairs = [f"{_shown(name)} may be {_shown(others[found[0]])}" for name, found in meant.items() if found]
    return f" {_shortened(pairs)}." if pairs else ""


def _by_class(labels: npt.NDArray[np.int32], names: LabelNames) -> dict[str, int]:
    """Number of rows of each class, the largest first; every row has a label."""
    counts: Counter[str] = Counter()
    for number, rows in enumerate(np.bincount(labels).tolist()):
        for name in names.members[number] if rows else ():
            counts[name] += rows
    return dict(counts.most_common())


def _listed(counts: Mapping[str, int]) -> str:
    return _shortened([f"{_shown(name)} ({rows:,} row{'' if rows == 1 else 's'})" for name, rows in counts.items()])


def _shown(name: str) -> str:
    """A label, quoted; a long one, which may be a text, is cut."""
    return repr(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "...")


def _shortened(words: list[str]) -> str:
    more = len(words) - LONGEST_LIST
    return ", ".join(words[:LONGEST_LIST]) + (f" and {more:,} more" if more > 0 else "")
