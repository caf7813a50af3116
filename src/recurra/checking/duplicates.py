"""Duplicate texts: in a file, in training and test rows, and under different labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import NO_LABEL
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["NOTE_SHARE", "Duplicates", "duplicate_findings", "find_duplicates", "overlap_findings"]

ERROR_SHARE = 0.05
"""Share of test rows with a text from the training rows from which the score is misleading: memorizing them may gain as
much as anything else."""

NOTE_SHARE = 0.01
"""Share of rows below which copies are only a note: they hardly change a score."""

Places = npt.NDArray[np.int64]


class Duplicates(NamedTuple):
    """Rows of one file with the same text as other rows.

    Attributes:
        later: int64[D], rows with the text and label of an earlier row.
        earlier: int64[D], the first row with the same text and label.
        conflicts: rows whose text has several labels in the file, grouped by text.
        texts: number of texts in ``conflicts``.
    """

    later: Places
    earlier: Places
    conflicts: Places
    texts: int


def find_duplicates(keys: npt.NDArray[np.uint64], labels: npt.NDArray[np.int32], skipped: Places) -> Duplicates:
    """Finds equal texts in one file.

    Args:
        keys: uint64[rows], equal for equal texts.
        labels: int32[rows]; rows with ``NO_LABEL`` conflict with nothing.
        skipped: rows without a text.
    """
    rows = np.delete(np.arange(len(keys)), skipped)
    order = rows[np.lexsort((rows, labels[rows], keys[rows]))]
    new_text = np.ones(len(order), dtype=bool)
    new_text[1:] = keys[order][1:] != keys[order][:-1]
    new_label = new_text.copy()
    new_label[1:] |= labels[order][1:] != labels[order][:-1]
    # The first row of each pair of text and label.
    first = order[new_label][np.cumsum(new_label) - 1] if len(order) else order
    later = order[~new_label]
    earlier = first[~new_label]
    by_row = np.argsort(later)
    group = np.cumsum(new_text) - 1
    # Number of distinct labels of each text: rows are sorted by label.
    kinds = np.bincount(group[new_label & (labels[order] != NO_LABEL)], minlength=int(new_text.sum()))
    in_conflict = (kinds[group] > 1) & (labels[order] != NO_LABEL) if len(order) else np.zeros(0, dtype=bool)
    conflicts, texts = order[in_conflict], group[in_conflict]
    # Texts by their first row, and the rows of each in file order.
    begun = np.full(len(kinds), len(keys), dtype=np.int64)
    np.minimum.at(begun, texts, conflicts)
    conflicts = conflicts[np.lexsort((conflicts, begun[texts]))]
    return Duplicates(later[by_row], earlier[by_row], conflicts, int((kinds > 1).sum()))


def duplicate_findings(facts: Facts, part: Part, *, task: Task = SINGLE_LABEL) -> list[Draft]:
    """Duplicates and conflicting labels in one file.

    Args:
        facts: the facts of the file.
        part: the training or the test file.
        task: task of the rows; the labels of a multi-label row are compared as a set.
    """
    found = find_duplicates(facts.keys, facts.labels, facts.empty)
    drafts = []
    if len(found.conflicts):
        firsts = _first_of_other_label(facts, found.conflicts)
        meaning = (
            f"{found.texts:,} {'text stands' if found.texts == 1 else 'texts stand'} there under "
            f"{task.wording.unlike}: no classifier can be right on all of them."
        )
        hint = "Decide for a label; --fix --drop-conflicts leaves all of them out."
        drafts.append(
            Draft(
                "conflicting labels",
                "warning",
                part,
                found.conflicts,
                meaning,
                hint,
                others=firsts,
                other_part=part,
                facts={"texts": found.texts},
            )
        )
    if len(found.later):
        effect = (
            "they count several times, and fall on both sides of the split into training and validation"
            if part == "train"
            else "they count several times in the score"
        )
        meaning = f"An earlier row has their text and {task.key}: {effect}."
        drafts.append(
            Draft(
                "duplicates",
                "warning" if len(found.later) >= NOTE_SHARE * len(facts) else "note",
                part,
                found.later,
                meaning,
                "--fix leaves the later ones out.",
                others=found.earlier,
                other_part=part,
                fixable=True,
            )
        )
    return drafts


def overlap_findings(train: Facts, test: Facts) -> list[Draft]:
    """Test rows whose text is in the training rows."""
    rows = np.delete(np.arange(len(test)), test.empty)
    known = np.delete(np.arange(len(train)), train.empty)
    order = known[np.argsort(train.keys[known], kind="stable")]
    ordered = train.keys[order]
    places = np.searchsorted(ordered, test.keys[rows])
    hit = places < len(order)
    hit[hit] = ordered[places[hit]] == test.keys[rows[hit]]
    rows = rows[hit]
    if not len(rows):
        return []
    others = order[places[hit]]
    unlike = train.labels[others] != test.labels[rows]
    share = len(rows) / len(test)
    meaning = (
        f"{share:.1%} of the test rows were learned word for word, {int(unlike.sum()):,} of them under another label: "
        "the score tells how well they are remembered."
    )
    hint = "--fix with --test leaves these training rows out."
    return [
        Draft(
            "test texts among the training rows",
            "error" if share >= ERROR_SHARE else "warning" if share >= NOTE_SHARE else "note",
            "test",
            rows,
            meaning,
            hint,
            others=others,
            fixable=True,
            facts={"share": share, "other_label": int(unlike.sum())},
        )
    ]


def _first_of_other_label(facts: Facts, rows: Places) -> Places:
    """For each row, the first row with the same text and another label."""
    others = np.empty_like(rows)
    keys, labels = facts.keys[rows], facts.labels[rows]
    bounds = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    for begin, end in zip(bounds, np.append(bounds[1:], len(rows)), strict=True):
        first = rows[begin]
        unlike = begin + int(np.argmax(labels[begin:end] != labels[begin]))
        own = labels[begin:end] == labels[begin]
        others[begin:end] = np.where(own, rows[unlike], first)
    return others
