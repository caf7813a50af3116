"""Plans a cleaned copy: which rows are removed, relabelled or repaired. Only what needs no human judgement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.checking.decided import decided_cells
from recurra.checking.doubtful_labels import is_placeholder
from recurra.checking.duplicates import find_duplicates
from recurra.checking.facts import Facts
from recurra.checking.label_names import NO_LABEL
from recurra.checking.labels import class_rows
from recurra.checking.lenient_reader import LenientReader, key_of
from recurra.data.arrow_columns import column_of, is_text
from recurra.data.label_spellings import usual_spellings
from recurra.data.mixed_values import TEXTS, json_kinds
from recurra.data.plain_columns import is_json
from recurra.data.review_decisions import Decision
from recurra.data.text_repair import repair_text

__all__ = ["REPAIRABLE_KINDS", "UNKNOWN_LABEL", "FixOptions", "FixPlan", "plan_fix"]

UNKNOWN_LABEL = "unknown label"
"""Why a row is removed whose label a model does not know."""

REPAIRABLE_KINDS = ("mojibake", "control characters", "HTML entities")

Places = npt.NDArray[np.int64]


class FixOptions(NamedTuple):
    """Optional fixes.

    Attributes:
        unescape: replace HTML entities by the characters that they stand for, in texts and labels.
        drop_conflicts: remove all rows with equal texts under different labels.
        known: classes of the model that the rows are for, whose spelling counts; ``None`` without a model.
        drop_unknown: remove the rows with a label that is none of ``known``.
        drop_placeholders: remove the rows whose only labels stand for a missing one, such as ``N/A``.
        exclude: decisions, of which those to ``exclude`` are applied.
        relabel: decisions, of which those to ``relabel`` are applied.
    """

    unescape: bool = False
    drop_conflicts: bool = False
    known: Collection[str] | None = None
    drop_unknown: bool = False
    drop_placeholders: bool = False
    exclude: Sequence[Decision] = ()
    relabel: Sequence[Decision] = ()


@dataclass(frozen=True, eq=False)
class FixPlan:
    """The changes to one file.

    Attributes:
        removed: the reason by removed row.
        relabelled: rows with another spelling of a label than the cleanest.
        usual: the cleanest spelling by other spelling.
        repaired: the problems by row whose text changes.
        listed: rows whose label is a text in a column of lists, and becomes a list.
        decided: the new cell of the label column by row, where people decided so.
    """

    removed: Mapping[int, str]
    relabelled: Collection[int]
    usual: Mapping[str, str]
    repaired: Mapping[int, str]
    listed: Collection[int] = ()
    decided: Mapping[int, Any] = field(default_factory=dict)


def plan_fix(reader: LenientReader, facts: Facts, test: Facts | None, options: FixOptions) -> FixPlan:
    """Plans the changes to a file.

    Texts are repaired first and then labels, because rows may become equal by that. Then later duplicates (text and
    labels) are removed, and training rows whose text is in the test file.

    Args:
        reader: the file to clean.
        facts: the facts of this file.
        test: the facts of the test file, which is never changed.
        options: optional fixes.

    Rows that were read without labels are kept, but for repeated headers: each is to be classified.

    Raises:
        DataError: a decision does not fit the file.
    """
    kinds = [kind for kind in REPAIRABLE_KINDS if kind != "HTML entities" or options.unescape]
    wrong: dict[int, list[str]] = {}
    for kind in kinds:
        for row in facts.damaged[kind].tolist():
            wrong.setdefault(row, []).append(kind)
    repaired = {row: ", ".join(found) for row, found in wrong.items()}
    if reader.columns.label is None:
        headers = dict.fromkeys(facts.headers.tolist(), "repeated header")
        return FixPlan(removed=headers, relabelled=(), usual={}, repaired=repaired)
    keys, empty = _after_repair(reader, facts, np.array(sorted(wrong), dtype=np.int64), options)
    # Numbers have no spelling.
    kind = column_of(reader.head, reader.columns.label or "", reader.source).type
    spelled = is_text(kind) or reader.lists
    counts = class_rows(facts, reader.names)
    chosen = decided_cells(reader, options.exclude, options.relabel)
    # A decision may spell a class in another way than all rows.
    given = Counter(name for cell in chosen.cells.values() for name in _labels_of(reader, cell) if name not in counts)
    usual = usual_spellings(counts | given, options.known or (), unescape=options.unescape) if spelled else {}
    relabelled = np.flatnonzero(np.isin(facts.labels, reader.names.having(usual)))
    labels = reader.names.respelled(usual)[facts.labels]
    decided = {row: reader.names.respelled_cell(cell, usual) if usual else cell for row, cell in chosen.cells.items()}
    for row, cell in decided.items():
        labels[row] = reader.names.number(cell)

    removed = dict.fromkeys(sorted(chosen.excluded), "decision")
    removed |= {int(row): "repeated header" for row in facts.headers if int(row) not in removed}
    removed |= {int(row): "no label" for row in np.flatnonzero(labels == NO_LABEL) if int(row) not in removed}
    removed |= {int(row): "empty text" for row in empty if int(row) not in removed}
    if options.drop_placeholders:
        known = set(options.known or ())
        missing = {name for name in counts if is_placeholder(name) and name not in known}
        numbers = [number for number, own in enumerate(reader.names.members) if own and missing.issuperset(own)]
        bare = np.flatnonzero(np.isin(facts.labels, numbers))
        removed |= {int(row): "placeholder label" for row in bare if int(row) not in removed}
    if options.drop_unknown:
        known = set(options.known or ())
        numbers = [number for number, own in enumerate(reader.names.members) if not known.issuperset(own)]
        unknown = np.flatnonzero(np.isin(labels, numbers))
        removed |= {int(row): UNKNOWN_LABEL for row in unknown if int(row) not in removed}
    if test is not None:
        tested = np.delete(test.keys, test.empty)
        same = np.flatnonzero(np.isin(keys, tested) | np.isin(facts.keys, tested))
        removed |= {int(row): "stands in the test" for row in same if int(row) not in removed}
    found = find_duplicates(keys, labels, _sorted_rows(removed))
    if options.drop_conflicts:
        removed |= {int(row): "conflicting labels" for row in found.conflicts}
    removed |= {
        int(row): f"duplicate of row {reader.number(int(first))}"
        for row, first in zip(found.later, found.earlier, strict=True)
        if int(row) not in removed
    }
    return FixPlan(
        removed=removed,
        relabelled={row for row in relabelled.tolist() if row not in removed and row not in decided},
        usual=usual,
        repaired={row: found for row, found in repaired.items() if row not in removed},
        listed={row for row in _texts_among_lists(reader) if row not in removed and row not in decided},
        decided={row: cell for row, cell in decided.items() if row not in removed},
    )


def _labels_of(reader: LenientReader, cell: Any) -> tuple[str, ...]:
    number = reader.names.number(cell)
    return () if number == NO_LABEL else reader.names.members[number]


def _texts_among_lists(reader: LenientReader) -> Iterator[int]:
    name = reader.columns.label or ""
    if reader.lists and is_json(column_of(reader.head, name, reader.source).type):
        for block in reader:
            kinds = json_kinds(column_of(block.raw, name, reader.source).to_pylist())
            yield from (block.first + place for place, kind in enumerate(kinds) if kind == TEXTS)


def _sorted_rows(removed: Mapping[int, str]) -> Places:
    return np.array(sorted(removed), dtype=np.int64)


def _after_repair(
    reader: LenientReader, facts: Facts, rows: Places, options: FixOptions
) -> tuple[npt.NDArray[np.uint64], Places]:
    """The keys of all texts after the repair of these rows, and the rows without a text after it."""
    keys = facts.keys.copy()
    empty = set(facts.empty.tolist())
    for block in reader:
        for place in block.places(rows).tolist():
            row, document = block.first + place, block.documents[place]
            parts = (document,) if isinstance(document, str) else document
            text = " ".join(filter(None, (repair_text(part, unescape=options.unescape) for part in parts)))
            keys[row] = key_of(text)
            if not text.strip():
                empty.add(row)
    return keys, np.array(sorted(empty), dtype=np.int64)
