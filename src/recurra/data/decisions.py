"""What a person decided about rows of a table: keep, exclude or relabel, as a .csv file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from recurra.data.corpus import Corpus, RowSubset, blocks_with_mask
from recurra.data.documents import Document
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.label_format import split_labels
from recurra.errors import DataError

__all__ = ["DECISIONS", "Cleaning", "Decision", "apply_decisions", "decisions_csv", "read_decisions", "text_excerpt"]

DECISIONS = ("keep", "exclude", "relabel")
COLUMNS = ("row", "decision", "label")
# A file of decisions is small; a table named by mistake need not be read to its end.
LARGEST = 1 << 26
# Characters of a text that stand in the file and are compared with the table.
EXCERPT_LENGTH = 120


@dataclass(frozen=True)
class Decision:
    """About one row.

    Attributes:
        row: of the table, from 0.
        decision: ``keep``, ``exclude`` or ``relabel``.
        label: the right label as it is written, where the decision is ``relabel``.
        text: the row's text as far as the file has it, to see that it is about the same table; may be empty.
    """

    row: int
    decision: str
    label: str = ""
    text: str = ""


@dataclass(frozen=True)
class Cleaning:
    """What was done to a table before training, for the model's record.

    Attributes:
        excluded: rows left out.
        relabelled: rows that got another label.
        decisions_sha256: over the decisions that were applied.
    """

    excluded: int
    relabelled: int
    decisions_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "excluded": self.excluded,
            "relabelled": self.relabelled,
            "decisions_sha256": self.decisions_sha256,
        }


def read_decisions(path: str | Path) -> list[Decision]:
    """Reads a file of decisions: a header with at least ``row`` and ``decision``, and ``label`` where rows get one.

    Other columns are not looked at, but ``text`` if there is one.

    Raises:
        DataError: no such file, or something in it is no decision; the one line names the file's line.
    """
    file, source = Path(path), str(path)[-80:]
    try:
        if file.stat().st_size > LARGEST:
            raise DataError(f"{source} has {file.stat().st_size:,} bytes", "Give a file of decisions, not the table.")
        content = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8 (byte {error.start})", "Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{source!r} cannot be read: {reason}", "Give a .csv file of decisions.") from None
    reader = csv.DictReader(io.StringIO(content, newline=""))
    names = reader.fieldnames or []
    missing = [name for name in COLUMNS[:2] if name not in names]
    if missing:
        raise DataError(
            f"{source} has no column {missing[0]!r}; its columns are {', '.join(names)[:80] or 'none'}",
            "Give a header row: row,decision,label.",
        )
    decisions, seen = [], set()
    try:
        for line in reader:
            decision = _decision(line, f"{source}, line {reader.line_num}")
            if decision.row in seen:
                raise DataError(
                    f"{source}, line {reader.line_num}: row {decision.row} stands there twice", "Decide once."
                )
            seen.add(decision.row)
            decisions.append(decision)
    except csv.Error as error:
        raise DataError(f"{source}, line {reader.line_num}: {error}", "Save it anew as .csv.") from None
    return decisions


def decisions_csv(decisions: Iterable[Decision], notes: Sequence[Mapping[str, object]] = ()) -> str:
    """The text of such a file.

    Args:
        decisions: one a row.
        notes: for each decision, columns of one's own that help to decide; all with the same names.
    """
    decisions = list(decisions)
    extra = list(notes[0]) if notes else []
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, *extra, "text"])
    for place, one in enumerate(decisions):
        values = [notes[place][name] for name in extra] if notes else []
        writer.writerow([one.row, one.decision, one.label, *map(_harmless, map(str, values)), _harmless(one.text)])
    return out.getvalue()


def apply_decisions(
    rows: Corpus,
    *,
    exclude: Sequence[Decision] = (),
    relabel: Sequence[Decision] = (),
    separator: str | None = None,
) -> tuple[RowSubset, Cleaning]:
    """Rows without those to exclude, and with the right labels.

    Args:
        rows: as read from the file that the decisions are about.
        exclude: of these the rows decided ``exclude`` are left out.
        relabel: of these the rows decided ``relabel`` get their labels.
        separator: between the labels of a cell, where rows have several: a cell may then be one that no row has, of
            labels that rows have.

    Raises:
        DataError: a row that is not among them, another text than the decision names, a label that is no class of
            theirs, or a row that is both excluded and relabelled.
    """
    gone = {one.row for one in exclude if one.decision == "exclude"}
    changed = {one.row: one for one in relabel if one.decision == "relabel"}
    _check([*exclude, *relabel], rows)
    if both := sorted(gone & changed.keys()):
        raise DataError(f"Row {both[0]} is excluded and relabelled", "Decide for one of them.")
    labels = rows.labels
    classes = {str(label): place for place, label in enumerate(labels.values)}
    if separator is not None:
        parts = set(chain.from_iterable(split_labels(labels.values, separator)))
        cells = [one.label for one in changed.values() if parts.issuperset(split_labels([one.label], separator)[0])]
        new = [cell for cell in dict.fromkeys(cells) if cell not in classes]
        classes |= {cell: len(classes) + place for place, cell in enumerate(new)}
        labels = EncodedLabels((*labels.values, *new), labels.codes)
    for row, one in changed.items():
        if one.label not in classes:
            known = ", ".join(sorted(classes))
            raise DataError(
                f"Row {row} is to be relabelled {one.label!r:.80}, which no row of {rows.source} has",
                f"Choose one of {known if len(known) <= 300 else known[:300] + '…'}.",
            )
    places = np.array(list(changed), dtype=np.int64)
    codes = np.array([classes[one.label] for one in changed.values()], dtype=np.int32)
    relabelled = int((labels.codes[places] != codes).sum())
    # The same decisions in another order, or with those to keep, do the same.
    applied = sorted([(row, "exclude", "") for row in gone] + [(row, "relabel", changed[row].label) for row in changed])
    digest = hashlib.sha256(repr(applied).encode()).hexdigest()
    kept = np.ones(len(rows), dtype=bool)
    kept[list(gone)] = False
    if not kept.any():
        raise DataError(f"All {len(rows):,} rows of {rows.source} are excluded", "Keep some.")
    return RowSubset(rows, kept, labels.changed(places, codes).take(kept)), Cleaning(len(gone), relabelled, digest)


def text_excerpt(document: Document) -> str:
    """The beginning of a row's text as it stands in a file of decisions: one line of 120 characters at most."""
    text = document if isinstance(document, str) else " ".join(filter(None, document))
    return " ".join(text[: 8 * EXCERPT_LENGTH].split())[:EXCERPT_LENGTH].strip()


def _decision(line: Mapping[str | Any, Any], where: str) -> Decision:
    row, decision = (str(line.get(name) or "").strip() for name in COLUMNS[:2])
    label, text = str(line.get("label") or ""), str(line.get("text") or "")
    if not (row.isascii() and row.isdigit()) or len(row) > 15:
        raise DataError(f"{where}: the row is {row!r:.80}", "Give its number, counted from 0.")
    if decision not in DECISIONS:
        raise DataError(f"{where}: the decision is {decision!r:.80}", f"Give one of {', '.join(DECISIONS)}.")
    if decision == "relabel" and not label:
        raise DataError(f"{where}: row {row} is to be relabelled, but has no label", "Write the right label.")
    return Decision(int(row), decision, label, text)


def _check(decisions: Sequence[Decision], rows: Corpus) -> None:
    """That all of them are about these rows."""
    for one in decisions:
        if one.row >= len(rows):
            raise DataError(
                f"A decision is about row {one.row} of {rows.source}, which has {len(rows):,} rows",
                "Give the decisions about this table; rows are counted from 0.",
            )
    marked = np.zeros(len(rows), dtype=bool)
    marked[[one.row for one in decisions if one.text]] = True
    heads = {
        first + place: text_excerpt(block[place])
        for first, block, some in blocks_with_mask(rows, marked)
        for place in np.flatnonzero(some).tolist()
    }
    for one in decisions:
        head = heads.get(one.row, "")
        if one.text and one.text not in (head, _harmless(head)):
            raise DataError(
                f"A decision about row {one.row} of {rows.source} has the text {one.text[:40]!r}, "
                f"the row {head[:40]!r}",
                "Give the decisions about this table.",
            )


def _harmless(text: str) -> str:
    # A spreadsheet would take a text that begins so for a formula.
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
