"""Review decisions on rows of a table (keep, exclude or relabel), stored as a .csv file or a workbook."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from recurra.data.corpus import Corpus, RowSubset, blocks_with_mask
from recurra.data.decided_labels import DecidedLabels, of_one_type
from recurra.data.decision_file import DecisionFile
from recurra.data.documents import Document
from recurra.data.encoded_labels import EncodedLabels
from recurra.data.fingerprint import Fingerprint
from recurra.data.row_numbers import RowNumbers
from recurra.errors import DataError

__all__ = [
    "ABOUT_THIS_TABLE",
    "DECISIONS",
    "HEADERS",
    "Cleaning",
    "Decision",
    "NumberedRows",
    "apply_decisions",
    "check_decisions",
    "decision_table",
    "decisions_csv",
    "decisions_in",
    "read_decisions",
    "rows_of_decisions",
    "text_excerpt",
]

DECISIONS = ("keep", "exclude", "relabel")
COLUMNS = ("row", "number", "decision", "label")
HEADERS = "Give a header row: number,decision,label, or row,decision,label,text."
ABOUT_THIS_TABLE = "Give the decisions about this table."
LETTERS_LOST = (
    "Letters became question marks when it was saved: save it as .xlsx or as CSV UTF-8, or empty the column text."
)
# Number of characters of a text that are stored in the file and compared with the table.
EXCERPT_LENGTH = 120


@dataclass(frozen=True)
class Decision:
    """A decision on one row.

    Attributes:
        row: row index in the table, from 0.
        decision: ``keep``, ``exclude`` or ``relabel``.
        label: the right label, if the decision is ``relabel``.
        text: the start of the row's text, to check that the table is the same; may be empty.
        renames: whether the row's whole class is renamed, so that the label may be one that no row has.
    """

    row: int
    decision: str
    label: str = ""
    text: str = ""
    renames: bool = False


@dataclass(frozen=True)
class Cleaning:
    """The effect of decisions on a table, for the record of the model.

    Attributes:
        excluded: number of rows left out.
        relabelled: number of rows with a changed label.
        decisions_sha256: hash of the applied decisions.
        rows: number of rows with a label before.
        texts_sha256: the :class:`recurra.data.fingerprint.Fingerprint` of their documents without labels, by which the
            model recognizes the table.
    """

    excluded: int
    relabelled: int
    decisions_sha256: str
    rows: int
    texts_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "excluded": self.excluded,
            "relabelled": self.relabelled,
            "decisions_sha256": self.decisions_sha256,
            "rows": self.rows,
            "texts_sha256": self.texts_sha256,
        }


class NumberedRows(Corpus, Protocol):
    """Rows of a file, before any are left out.

    Attributes:
        row_numbers: their numbers in messages.
    """

    @property
    def row_numbers(self) -> RowNumbers:
        """The number of each row in messages."""


def read_decisions(path: str | Path, *, numbers: RowNumbers, encoding: str = "utf-8") -> list[Decision]:
    """Reads a file of decisions: a header with at least ``decision`` and what says which row each is about.

    That is ``number``, the row's number as messages and spreadsheets show it, or ``row``, its index from 0, beside its
    ``text``: an index alone may be meant as a number, and another row would be changed. ``label`` is needed where rows
    get one. Other columns are ignored, and so are lines of empty cells. An empty decision is ``keep``; case does not
    count. It is a .csv file, whose fields may be separated as those of other tables, or the first sheet of a workbook
    (.xlsx).

    Args:
        path: the file.
        numbers: those of the rows of the table that the decisions are about.
        encoding: of a file that is not UTF-8.

    Raises:
        DataError: there is no such file, or a line is not a decision; the message has the line number.
    """
    return decisions_in(
        DecisionFile.read(path, encoding=encoding, workbook=True), source=str(path)[-80:], numbers=numbers
    )


def decisions_in(file: DecisionFile, *, source: str, numbers: RowNumbers) -> list[Decision]:
    """The decisions in a file that was read; see :func:`read_decisions`."""
    reader = csv.DictReader(io.StringIO(file.text, newline=""), delimiter=file.separator)
    try:
        _check_header(reader.fieldnames or [], source, numbers)
        decisions, seen = [], set()
        for line in reader:
            if not any(isinstance(cell, str) and cell.strip() for cell in line.values()):
                continue
            where = f"{source}, line {file.skipped + reader.line_num}"
            decision = _decision(line, where, numbers)
            if decision.row in seen:
                raise DataError(f"{where}: row {numbers.number(decision.row):,} stands there twice", "Decide once.")
            seen.add(decision.row)
            decisions.append(decision)
    except csv.Error as error:
        raise DataError(f"{source}, line {file.skipped + reader.line_num}: {error}", "Save it again as .csv.") from None
    return decisions


def decisions_csv(
    decisions: Iterable[Decision], notes: Sequence[Mapping[str, object]] = (), *, numbers: RowNumbers
) -> str:
    """The content of a file of decisions; the arguments are those of :func:`decision_table`."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(decision_table(decisions, notes, numbers=numbers))
    return out.getvalue()


def decision_table(
    decisions: Iterable[Decision], notes: Sequence[Mapping[str, object]] = (), *, numbers: RowNumbers
) -> list[list[object]]:
    """The lines of a file of decisions: the names of the columns, then a line for each decision.

    Args:
        decisions: at most one per row.
        notes: additional columns for each decision; all with the same names.
        numbers: those of the table's rows in messages.
    """
    extra = list(notes[0]) if notes else []
    lines: list[list[object]] = [[*COLUMNS, *extra, "text"]]
    for place, one in enumerate(decisions):
        values = [str(notes[place][name]) for name in extra] if notes else []
        own = [one.row, numbers.number(one.row), one.decision, one.label]
        lines.append([*own, *map(_escaped_formula, values), _escaped_formula(one.text)])
    return lines


def apply_decisions(
    rows: NumberedRows,
    *,
    exclude: Sequence[Decision] = (),
    relabel: Sequence[Decision] = (),
    separator: str | None = None,
) -> tuple[RowSubset, Cleaning]:
    """Excludes and relabels rows.

    Args:
        rows: the rows that the decisions are about.
        exclude: decisions, of which those to ``exclude`` are applied.
        relabel: decisions, of which those to ``relabel`` are applied.
        separator: separator of the labels in a cell, if rows are multi-label; a new cell may then combine existing
            labels, as it may where cells are lists.

    Raises:
        DataError: a row does not exist, has another text than the decision, would get an unknown label, or is both
            excluded and relabelled.
    """
    check_decisions([*exclude, *relabel], rows)
    gone, changed = rows_of_decisions(rows, exclude, relabel)
    untouched = np.ones(len(rows), dtype=bool)
    untouched[[*gone, *changed]] = False
    kept_values = [rows.labels.values[code] for code in np.unique(rows.labels.codes[untouched]).tolist()]
    decided = DecidedLabels(rows.labels, separator=separator, source=rows.source, kept=kept_values)
    given = [decided.code(one.label, rows.row_numbers.number(row), new=one.renames) for row, one in changed.items()]
    labels = EncodedLabels((*of_one_type(decided.values),), rows.labels.codes)
    places, codes = np.array(list(changed), dtype=np.int64), np.array(given, dtype=np.int32)
    relabelled = int((labels.codes[places] != codes).sum())
    # Equal for decisions in another order, and with or without those to keep.
    applied = sorted([(row, "exclude", "") for row in gone] + [(row, "relabel", changed[row].label) for row in changed])
    digest = hashlib.sha256(repr(applied).encode()).hexdigest()
    kept = np.ones(len(rows), dtype=bool)
    kept[list(gone)] = False
    if not kept.any():
        raise DataError(f"All {len(rows):,} rows of {rows.source} are excluded", "Keep some.")
    cleaning = Cleaning(len(gone), relabelled, digest, *_texts_of(rows))
    return RowSubset(rows, kept, labels.changed(places, codes).take(kept)), cleaning


def rows_of_decisions(
    rows: NumberedRows, exclude: Sequence[Decision], relabel: Sequence[Decision]
) -> tuple[set[int], dict[int, Decision]]:
    """The rows to leave out, and the decisions to relabel by row.

    Arguments are those of :func:`apply_decisions`.

    Raises:
        DataError: a row is in both.
    """
    gone = {one.row for one in exclude if one.decision == "exclude"}
    changed = {one.row: one for one in relabel if one.decision == "relabel"}
    if both := sorted(gone & changed.keys()):
        number = rows.row_numbers.number(both[0])
        raise DataError(f"Row {number:,} is excluded and relabelled", "Decide for one of them.")
    return gone, changed


def text_excerpt(document: Document) -> str:
    """The start of a row's text as stored in a file of decisions: one line of at most 120 characters."""
    text = document if isinstance(document, str) else " ".join(filter(None, document))
    return " ".join(text[: 8 * EXCERPT_LENGTH].split())[:EXCERPT_LENGTH].strip()


def _texts_of(rows: Corpus) -> tuple[int, str]:
    """The number of rows with a label, and the hash of their documents."""
    missing = [code for code, value in enumerate(rows.labels.values) if value is None]
    labelled = ~np.isin(rows.labels.codes, missing)
    fingerprint = Fingerprint(int(labelled.sum()))
    for block in RowSubset(rows, labelled).blocks():
        fingerprint.add(block)
    return int(labelled.sum()), fingerprint.of(None)


def _check_header(names: Sequence[str], source: str, numbers: RowNumbers) -> None:
    """Raises a :class:`DataError` if a column is missing."""
    held = f"its columns are {', '.join(names)[:80] or 'none'}"
    if "decision" not in names:
        raise DataError(f"{source} has no column 'decision'; {held}", HEADERS)
    if "number" in names or {"row", "text"} <= {*names}:
        return
    if "row" not in names:
        raise DataError(f"{source} has no column 'number'; {held}", HEADERS)
    raise DataError(
        f"{source} says by 'row' alone, which counts from 0, which rows are meant",
        f"Write their numbers as messages and spreadsheets show them ({numbers.first} is the first row) in a column "
        "'number' instead, or add their texts in a column 'text'.",
    )


def _decision(line: Mapping[str | Any, Any], where: str, numbers: RowNumbers) -> Decision:
    decision = str(line.get("decision") or "").strip().casefold() or "keep"
    label, text = str(line.get("label") or ""), str(line.get("text") or "")
    row = _row(line, where, numbers, text)
    number = numbers.number(row)
    if decision not in DECISIONS:
        raise DataError(f"{where}: the decision is {decision!r:.80}", f"Give one of {', '.join(DECISIONS)}.")
    if decision == "relabel" and not label:
        raise DataError(f"{where}: row {number:,} is to be relabelled, but has no label", "Write the right label.")
    return Decision(row, decision, label, text)


def _row(line: Mapping[str | Any, Any], where: str, numbers: RowNumbers, text: str) -> int:
    """The index of the row that a line is about."""
    given = {name: str(line.get(name) or "").strip() for name in ("row", "number")}
    for name, cell in given.items():
        if cell and (not (cell.isascii() and cell.isdigit()) or len(cell) > 15):
            raise DataError(f"{where}: the {name} is {cell!r:.80}", "Give a whole number in digits.")
    if not given["number"]:
        if given["row"] and text:
            return int(given["row"])
        what = f"row {given['row']} has neither a number nor a text" if given["row"] else "there is no number"
        raise DataError(f"{where}: {what}", "Give the row's number as messages and spreadsheets show it.")
    number = int(given["number"])
    row = numbers.row(number)
    if row is None:
        what = "that row is blank" if number > numbers.first else f"the first row is row {numbers.first}"
        raise DataError(
            f"{where}: the number is {number}, and {what}",
            "Give the row's number as messages and spreadsheets show it.",
        )
    if given["row"] and int(given["row"]) != row:
        raise DataError(
            f"{where}: number {given['number']} is row {row} if counted from 0, and the row is {given['row']}",
            "Correct one of them, or empty the cell of the row.",
        )
    return row


def check_decisions(decisions: Sequence[Decision], rows: NumberedRows) -> None:
    """Checks that the decisions are about these rows.

    Raises:
        DataError: a row does not exist, or has another text.
    """
    number, last = rows.row_numbers.number, rows.row_numbers.number(len(rows) - 1)
    for one in decisions:
        if one.row >= len(rows):
            raise DataError(
                f"A decision is about row {number(one.row):,} of {rows.source}, whose last row is {last:,}",
                ABOUT_THIS_TABLE,
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
        if one.text and not any(_same(one.text, text) for text in (head, _escaped_formula(head))):
            place = next((at for at, (a, b) in enumerate(zip(one.text, head, strict=False)) if a != b), 0)
            near = slice(max(0, place - 20), place + 20)
            raise DataError(
                f"A decision about row {number(one.row):,} of {rows.source} has the text {one.text[near]!r}, "
                f"the row {head[near]!r}",
                LETTERS_LOST if "?" in one.text[near] and not head[near].isascii() else ABOUT_THIS_TABLE,
            )


def _same(text: str, head: str) -> bool:
    """Whether a text is that of a row; some letters may be question marks, as encodings without them have it."""
    if text == head:
        return True
    if "?" not in text or len(text) != len(head):
        return False
    pairs = list(zip(text, head, strict=True))
    return all(a == b or (a == "?" and b > "\x7f") for a, b in pairs) and 2 * sum(a == b for a, b in pairs) > len(pairs)


def _escaped_formula(text: str) -> str:
    # A spreadsheet would interpret such a text as a formula.
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
