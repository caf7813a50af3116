"""Findings about labels: missing, unknown or rare ones, and classes in several spellings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part, with_visible_marks
from recurra.checking.label_names import NO_LABEL, LabelNames
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import nearly_one_a_row
from recurra.data.label_spellings import damage_of, spelling_key, usual_spellings
from recurra.errors import DataError
from recurra.text import Labels

__all__ = [
    "class_rows",
    "held_out",
    "label_findings",
    "spelling_sentence",
    "unknown_labels",
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


def spelling_sentence(counts: Mapping[str, int], usual: Mapping[str, str]) -> str:
    """Sentences on labels that differ in case or white space only, and on damaged ones.

    Args:
        counts: number of rows by label.
        usual: result of :func:`recurra.data.label_spellings.usual_spellings`, with one label or more.
    """
    written, damaged = _by_damage(usual)
    said = []
    for start, names in (
        ("Labels that differ in case or white space alone", written),
        ("Damaged labels", damaged),
    ):
        if names:
            pairs = [_respelling(name, best, counts) for name, best in names.items()]
            said.append(f"{start} are classes of their own: {_shortened(pairs)}.")
    return " ".join(said)


def _by_damage(usual: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The labels that differ from their cleanest spelling in case or white space only, and the damaged ones."""
    damaged = {name: best for name, best in usual.items() if damage_of(name, best)}
    return {name: best for name, best in usual.items() if name not in damaged}, damaged


def _respelling(name: str, best: str, counts: Mapping[str, int]) -> str:
    damage = damage_of(name, best)
    why = f", {damage}" if damage else ""
    rows = f" ({counts[best]:,})" if best in counts else ""
    return f"{_shown(name)} ({counts[name]:,}{why}) is {_shown(best)}{rows}"


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
    command = "train" if part == "train" else "evaluate"
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
                f"Label them; --fix leaves them out, and {command} --skip-unlabelled skips them.",
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
    respelled = names.respelled(usual)
    drafts = []
    for kind, some, hint in zip(
        ("one class in several spellings", "damaged labels"),
        _by_damage(usual),
        (
            "--fix gives them the cleanest spelling: single spaces, and the case of most other classes.",
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
    others = {spelling_key(name): name for name in known}
    meant = {name: get_close_matches(spelling_key(name), others, n=1, cutoff=ALIKE) for name in names}
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
    """A label, quoted; a long one, which may be a text, is cut, and marks of decomposed letters are shown as such."""
    shown = repr(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "...")
    return with_visible_marks(shown)


def _shortened(words: list[str]) -> str:
    more = len(words) - LONGEST_LIST
    return ", ".join(words[:LONGEST_LIST]) + (f" and {more:,} more" if more > 0 else "")
