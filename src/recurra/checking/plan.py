"""What a cleaned copy leaves out and mends, row by row: only what needs no person's judgement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.checking.copies import repeats_in
from recurra.checking.facts import Facts
from recurra.checking.label_names import NO_LABEL
from recurra.checking.labels import class_rows, spellings
from recurra.checking.lenient_reader import LenientReader, key_of
from recurra.checking.mending import mended
from recurra.data.cells import column_of, is_list, is_text

__all__ = ["MENDED_KINDS", "Mends", "Plan", "plan"]

MENDED_KINDS = ("mojibake", "control characters", "HTML entities")

Places = npt.NDArray[np.int64]


class Mends(NamedTuple):
    """What is asked for beyond what is certain.

    Attributes:
        entities: HTML entities become what they stand for.
        conflicts: rows of equal texts under different labels are left out, all of them.
    """

    entities: bool = False
    conflicts: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """The changes of one file.

    Attributes:
        removed: for each row that is left out, why.
        relabelled: rows with a rare spelling of a label.
        usual: for each such spelling the usual one.
        mended: for each row whose text changes, what was wrong with it.
    """

    removed: Mapping[int, str]
    relabelled: Collection[int]
    usual: Mapping[str, str]
    mended: Mapping[int, str]


def plan(reader: LenientReader, facts: Facts, test: Facts | None, mends: Mends) -> Plan:
    """Decides.

    Texts are mended first, then labels, so that what has become equal by that is seen; later copies of a text under the
    same labels go, and of training rows those whose text stands in the test.

    Args:
        reader: the file to be cleaned.
        facts: of it.
        test: of the file that it is tested on, which is never changed.
        mends: what is asked for.
    """
    kinds = [kind for kind in MENDED_KINDS if kind != "HTML entities" or mends.entities]
    wrong: dict[int, list[str]] = {}
    for kind in kinds:
        for row in facts.damaged[kind].tolist():
            wrong.setdefault(row, []).append(kind)
    keys, empty = _after_mending(reader, facts, np.array(sorted(wrong), dtype=np.int64), mends)
    # Numbers have no spelling.
    kind = column_of(reader.head, reader.columns.label or "", reader.source).type
    usual = spellings(class_rows(facts, reader.names)) if is_text(kind) or is_list(kind) else {}
    relabelled = np.flatnonzero(np.isin(facts.labels, reader.names.having(usual)))
    labels = reader.names.respelled(usual)[facts.labels]

    removed = {int(row): "no label" for row in np.flatnonzero(labels == NO_LABEL)}
    removed |= {int(row): "empty text" for row in empty if int(row) not in removed}
    if test is not None:
        tested = np.delete(test.keys, test.empty)
        same = np.flatnonzero(np.isin(keys, tested) | np.isin(facts.keys, tested))
        removed |= {int(row): "stands in the test" for row in same if int(row) not in removed}
    found = repeats_in(keys, labels, _gone(removed))
    if mends.conflicts:
        removed |= {int(row): "conflicting labels" for row in found.conflicts}
    removed |= {
        int(row): f"duplicate of row {int(first)}"
        for row, first in zip(found.later, found.earlier, strict=True)
        if int(row) not in removed
    }
    return Plan(
        removed=removed,
        relabelled={row for row in relabelled.tolist() if row not in removed},
        usual=usual,
        mended={row: ", ".join(kinds) for row, kinds in wrong.items() if row not in removed},
    )


def _gone(removed: Mapping[int, str]) -> Places:
    return np.array(sorted(removed), dtype=np.int64)


def _after_mending(
    reader: LenientReader, facts: Facts, rows: Places, mends: Mends
) -> tuple[npt.NDArray[np.uint64], Places]:
    """The keys of all texts once those rows are mended, and which rows are then without a text."""
    keys = facts.keys.copy()
    empty = set(facts.empty.tolist())
    for block in reader:
        for place in block.places(rows).tolist():
            row, document = block.first + place, block.documents[place]
            parts = (document,) if isinstance(document, str) else document
            text = " ".join(filter(None, (mended(part, entities=mends.entities) for part in parts)))
            keys[row] = key_of(text)
            if not text.strip():
                empty.add(row)
    return keys, np.array(sorted(empty), dtype=np.int64)
