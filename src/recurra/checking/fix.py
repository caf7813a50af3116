"""Writes a cleaned copy of a file, and a second file with every change and its reason."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recurra.atomic import AtomicFile, write_atomically
from recurra.checking.facts import collect_facts
from recurra.checking.fix_plan import FixOptions, FixPlan, plan_fix
from recurra.checking.label_names import value_text
from recurra.checking.lenient_reader import LenientBlock, LenientReader
from recurra.checking.object_columns import as_columns, as_objects
from recurra.checking.row_writers import writer_for
from recurra.data.arrow_columns import is_text
from recurra.data.blocks import DelimitedBlocks
from recurra.data.columns import repeated_column
from recurra.data.json_lines import JsonBlocks
from recurra.data.plain_columns import LIST, STRING, column_of_values, is_json
from recurra.data.review_decisions import Decision, decisions_csv, text_excerpt
from recurra.data.text_repair import repair_text
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FixResult", "changes_of", "fix"]


@dataclass(frozen=True)
class FixResult:
    """A cleaned copy.

    Attributes:
        out: path of the copy.
        changes: path of the file of changes, which ``train --exclude`` and ``--relabel`` can read.
        rows: number of rows in the copy.
        removed: number of removed rows by reason.
        relabelled: number of rows that got the cleanest spelling of their label.
        repaired: number of rows with a repaired text.
        listed: number of rows whose label was a text among lists, and is a list.
        decided: number of rows that got the label that people decided for.
    """

    out: Path
    changes: Path
    rows: int
    removed: Mapping[str, int]
    relabelled: int
    repaired: int
    listed: int = 0
    decided: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "out": str(self.out),
            "changes": str(self.changes),
            "rows": self.rows,
            "removed": dict(self.removed),
            "relabelled": self.relabelled,
            "mended": self.repaired,
            "listed": self.listed,
            "decided": self.decided,
        }


def changes_of(out: Path) -> Path:
    """The file of the changes of a copy."""
    return out.with_suffix(".changes.csv")


def fix(
    reader: LenientReader,
    out: Path,
    *,
    test: LenientReader | None = None,
    options: FixOptions = FixOptions(),  # noqa: B008
) -> FixResult:
    """Writes a cleaned copy of a file with all its columns; :func:`recurra.checking.fix_plan.plan_fix` has the rules.

    Args:
        reader: the file, which is not changed.
        out: a .csv, .tsv, .jsonl, .xlsx or .parquet file; the changes are written beside it, as ``.changes.csv``.
        test: the test file, whose texts are removed from the copy.
        options: optional fixes.

    Raises:
        DataError: no row would be left, a decision does not fit, or the format of ``out`` cannot hold a column.
        RecurraError: a file cannot be written; nothing is left behind.
    """
    names = reader.head.names
    if twice := [name for name in names if names.count(name) > 1]:
        raise repeated_column(reader.source, names, twice[0])
    facts = collect_facts(reader)
    tested = None if test is None else collect_facts(test)
    changes = plan_fix(reader, facts, tested, options)
    left = len(facts) - len(changes.removed)
    if not left:
        none = {*changes.removed.values()} == {"no label"}
        hint = "For rows without labels say --unlabelled." if none else "Look at what is wrong with it first."
        raise DataError(f"No row of {reader.source} would be left", hint)
    listed = changes_of(out)
    with AtomicFile(out) as file:
        separator, mark = _form_of(reader)
        kind = out.suffix.lower()
        writer = writer_for(kind, file, separator=separator, mark=mark)  # type: ignore[arg-type]  # a RawIOBase takes bytes as well
        noted: list[tuple[Decision, Mapping[str, object]]] = []
        for block in reader:
            columns = _cleaned(block, reader, changes, options, objects=out.suffix.lower() == ".jsonl")
            writer.write([*columns], [*columns.values()])
            noted += _noted(block, reader, changes)
        writer.finish()
        decisions, notes = [one for one, _ in noted], [note for _, note in noted]
        written = decisions_csv(decisions, notes, numbers=reader.row_numbers)
        write_atomically(listed, written.encode("utf-8", "replace"))
    reasons = Counter(reason.partition(" of row")[0] for reason in changes.removed.values())
    return FixResult(
        out=out,
        changes=listed,
        rows=left,
        removed=dict(reasons.most_common()),
        relabelled=len(changes.relabelled),
        repaired=len(changes.repaired),
        listed=len(changes.listed),
        decided=len(changes.decided),
    )


def _form_of(reader: LenientReader) -> tuple[str, bool]:
    """The separator for a copy as CSV, and whether it begins with a byte order mark: those of the file, if it is CSV.

    A separator other than a comma is kept where the names of the columns leave no doubt about it.
    """
    blocks = reader.blocks
    if not isinstance(blocks, DelimitedBlocks):
        return ",", False
    opened = blocks.content.open()
    try:
        mark = opened.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    finally:
        opened.close()
    names = "".join(reader.head.names)
    plain = len(reader.head.names) > 1 and not any(one in names for one in ',;|\t"\r\n')
    return blocks.delimiter if blocks.delimiter in ";|" and plain else ",", mark


def _cleaned(
    block: LenientBlock, reader: LenientReader, changes: FixPlan, options: FixOptions, *, objects: bool
) -> Mapping[str, pyarrow.ChunkedArray]:
    """The block's columns by name after the changes; values inside objects stay there if the copy has ``objects``."""
    rows = range(block.first, block.first + len(block))
    kept = np.array([row not in changes.removed for row in rows])
    texts = {row: row - block.first for row in changes.repaired if row in rows}
    labels = [row - block.first for row in rows if row in changes.relabelled or row in changes.decided]
    listed = [row - block.first for row in rows if row in changes.listed]
    columns: Mapping[str, pyarrow.ChunkedArray]
    columns, changed = {}, {}
    for name, column in zip(block.raw.names, block.raw.columns, strict=True):
        if texts and name in (reader.columns.text, reader.columns.title):
            values = column.to_pylist()
            for place in texts.values():
                values[place] = None if values[place] is None else repair_text(values[place], unescape=options.unescape)
            column, changed[name] = _like(column, values), [*texts.values()]
        mixed = reader.lists and is_json(column.type)
        # Where classes that are no texts, such as 1, get a name that is one, all are written as texts.
        named = not mixed and not is_text(column.type) and any(isinstance(one, str) for one in changes.decided.values())
        if name == reader.columns.label and (labels or mixed or named):
            values = list(block.cells)
            for place in labels:
                row = block.first + place
                if row in changes.decided:
                    values[place] = changes.decided[row]
                else:
                    values[place] = reader.names.respelled_cell(values[place], changes.usual)
            if named:
                column = column_of_values([None if value is None else str(value) for value in values], STRING)
            else:
                column = column_of_values(values, LIST) if mixed else _like(column, values)
            changed[name] = sorted({*labels, *listed})
        columns[name] = column
    if isinstance(reader.blocks, JsonBlocks) and (nested := reader.blocks.nested):
        columns = as_objects(columns, nested, changed) if objects else as_columns(columns, nested)
    if kept.all():
        return columns
    return {name: column.filter(_mask(kept)) for name, column in columns.items()}


def _noted(
    block: LenientBlock, reader: LenientReader, changes: FixPlan
) -> Iterator[tuple[Decision, Mapping[str, object]]]:
    """Every change to the block's rows as a decision, with the fields that explain it."""
    for row in range(block.first, block.first + len(block)):
        reasons = []
        label = ""
        decision = "keep"
        if row in changes.removed:
            decision = "exclude"
            reasons.append(changes.removed[row])
        if row in changes.relabelled:
            cell = block.cells[row - block.first]
            decision, label = "relabel", _written(reader.names.respelled_cell(cell, changes.usual))
            reasons.append("spelling of the label")
        if row in changes.decided:
            decision, label = "relabel", _written(changes.decided[row])
            reasons.append("decision")
        if row in changes.listed:
            reasons.append("label written as a list")
        if row in changes.repaired:
            reasons.append(f"text repaired: {changes.repaired[row]}")
        if reasons:
            document = block.documents[row - block.first]
            labelled = "" if reader.columns.label is None else reader.names[int(block.labels[row - block.first])]
            note = {"labelled": labelled, "reason": "; ".join(reasons)}
            yield Decision(row, decision, label, text_excerpt(document)), note


def _written(cell: Any) -> str:
    """A cell of labels as files of decisions have it."""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else value_text(cell)


def _like(column: pyarrow.ChunkedArray, values: list[Any]) -> pyarrow.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([pa.array(values, type=column.type)])


def _mask(kept: np.ndarray[Any, np.dtype[np.bool_]]) -> pyarrow.Array:
    import pyarrow as pa

    return pa.array(kept)
