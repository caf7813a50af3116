"""Texts that stand there more than once: in a file, in training and test rows, and under different labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.checking.draft import Draft
from recurra.checking.facts import Facts
from recurra.checking.finding import Part
from recurra.checking.label_names import NO_LABEL
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["FEW", "Repeats", "copies_between", "copies_inside", "repeats_in"]

LYING = 0.05
"""The share of test rows that were learned word for word from which on the score lies: a model that knows them by heart
may gain as much by nothing else."""

FEW = 0.01
"""The share of rows below which copies are no more than a note: a hundredth of the rows hardly moves a score."""

Places = npt.NDArray[np.int64]


class Repeats(NamedTuple):
    """Rows of one file with the same text as others.

    Attributes:
        later: rows whose text and label an earlier row has.
        earlier: for each of them the first such row.
        conflicts: rows with a text that the file has under several labels, text by text.
        texts: how many texts these are.
    """

    later: Places
    earlier: Places
    conflicts: Places
    texts: int


def repeats_in(keys: npt.NDArray[np.uint64], labels: npt.NDArray[np.int32], skipped: Places) -> Repeats:
    """Equal texts of one file.

    Args:
        keys: uint64[rows], equal for equal texts.
        labels: int32[rows], ``NO_LABEL`` for none: such rows conflict with nothing.
        skipped: rows without a text.
    """
    rows = np.delete(np.arange(len(keys)), skipped)
    order = rows[np.lexsort((rows, labels[rows], keys[rows]))]
    new_text = np.ones(len(order), dtype=bool)
    new_text[1:] = keys[order][1:] != keys[order][:-1]
    new_label = new_text.copy()
    new_label[1:] |= labels[order][1:] != labels[order][:-1]
    # The first row of each text under each label, to which every other belongs.
    first = order[new_label][np.cumsum(new_label) - 1] if len(order) else order
    later = order[~new_label]
    earlier = first[~new_label]
    by_row = np.argsort(later)
    group = np.cumsum(new_text) - 1
    # Labels of each text: as many as runs of a label in it.
    kinds = np.bincount(group[new_label & (labels[order] != NO_LABEL)], minlength=int(new_text.sum()))
    in_conflict = (kinds[group] > 1) & (labels[order] != NO_LABEL) if len(order) else np.zeros(0, dtype=bool)
    conflicts, texts = order[in_conflict], group[in_conflict]
    # Texts in the order of their first rows, and the rows of each in the order of the file.
    begun = np.full(len(kinds), len(keys), dtype=np.int64)
    np.minimum.at(begun, texts, conflicts)
    conflicts = conflicts[np.lexsort((conflicts, begun[texts]))]
    return Repeats(later[by_row], earlier[by_row], conflicts, int((kinds > 1).sum()))


def copies_inside(facts: Facts, part: Part, *, task: Task = SINGLE_LABEL) -> list[Draft]:
    """Duplicates and conflicting labels in one file.

    Args:
        facts: of the file.
        part: which it is.
        task: of the rows; all labels of a row count together.
    """
    found = repeats_in(facts.keys, facts.labels, facts.empty)
    drafts = []
    if len(found.conflicts):
        firsts = _first_of_other_label(facts, found.conflicts)
        meaning = (
            f"{found.texts:,} {'text stands' if found.texts == 1 else 'texts stand'} there under "
            f"{task.wording.unlike}: no classifier can be right on all of them."
        )
        mend = "Decide for a label; --fix --drop-conflicts leaves all of them out."
        drafts.append(
            Draft(
                "conflicting labels",
                "warning",
                part,
                found.conflicts,
                meaning,
                mend,
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
                "warning" if len(found.later) >= FEW * len(facts) else "note",
                part,
                found.later,
                meaning,
                "--fix leaves the later ones out.",
                others=found.earlier,
                other_part=part,
                mended=True,
            )
        )
    return drafts


def copies_between(train: Facts, test: Facts) -> list[Draft]:
    """Test rows whose text stands among the training rows."""
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
    mend = "--fix with --test leaves these training rows out."
    return [
        Draft(
            "test texts among the training rows",
            "error" if share >= LYING else "warning" if share >= FEW else "note",
            "test",
            rows,
            meaning,
            mend,
            others=others,
            mended=True,
            facts={"share": share, "other_label": int(unlike.sum())},
        )
    ]


def _first_of_other_label(facts: Facts, rows: Places) -> Places:
    """For each row, the first one with its text and another label."""
    others = np.empty_like(rows)
    keys, labels = facts.keys[rows], facts.labels[rows]
    bounds = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    for begin, end in zip(bounds, np.append(bounds[1:], len(rows)), strict=True):
        first = rows[begin]
        unlike = begin + int(np.argmax(labels[begin:end] != labels[begin]))
        own = labels[begin:end] == labels[begin]
        others[begin:end] = np.where(own, rows[unlike], first)
    return others
