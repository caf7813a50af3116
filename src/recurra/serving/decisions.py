"""The file of decisions about rows that the page keeps: what ``recurra train --exclude`` and ``--relabel`` take."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from recurra.atomic import check_file, write_atomically
from recurra.data.decision_file import OPTION, DecisionFile
from recurra.data.documents import Label
from recurra.data.review_decisions import (
    DECISIONS,
    Decision,
    check_decisions,
    decision_table,
    decisions_in,
    text_excerpt,
)
from recurra.data.table import Table
from recurra.errors import DataError
from recurra.evaluation.mistakes import shorten
from recurra.locks import open_locked
from recurra.serving.http_errors import RequestError

__all__ = ["DecisionStore", "Made"]

# Seconds to wait for another process that writes the file.
LOCK_SECONDS = 5.0
# Rows of a queue that the page shows, and reasons of a row.
QUEUE_ROWS = 2_000
REASONS = 8


class Made(NamedTuple):
    """What was decided about a row: ``keep``, ``exclude`` or ``relabel``, and the new label, empty for the others."""

    decision: str
    label: str = ""


class DecisionStore:
    """Decisions about rows of a table, kept in a file.

    The file is read again for every change, so several services, a spreadsheet or a restart lose nothing. Its other
    columns stay. In a queue of ``recurra inspect --queue`` a row that is kept and has a suggested label is still to be
    decided; a decision about it that is taken back leaves the suggestion again.

    Args:
        path: the file; it may be there already.
        table: the labelled rows that the decisions are about.

    Raises:
        DataError: the table has no labels, or the file holds something else or is about other rows.
        RecurraError: the file cannot be written.
    """

    def __init__(self, path: Path, table: Table) -> None:
        # Messages go to whoever asks: they name the table's file, and never where it lies on this machine.
        self._table = replace(table, source=PurePath(table.source).name or table.source)
        self.path, self._rows = path, self._table.corpus
        self._labels = {str(label) for label in table.labels or () if not isinstance(label, tuple)}
        # What the file suggested for rows before they were decided, as far as this process has seen it.
        self._suggested: dict[int, str] = {}
        check_file(path)
        self.made()

    @property
    def source(self) -> str:
        """Name of the table's file, without its folder."""
        return self._rows.source

    def made(self) -> dict[int, Made]:
        """The decisions by the number of their row.

        Raises:
            DataError: the file has become something else.
        """
        return {number: made for number, made in self._read()[2].items() if made is not None}

    def table_for(self, classes: Collection[Label]) -> Table:
        """The table, in which a label that no model knows is the one that is decided, so that views can show its rows.

        Args:
            classes: those of all models.

        Raises:
            DataError: the file has become something else.
        """
        if self._table.labels is None:
            return self._table
        made, known = self.made(), {str(label): label for label in classes}
        labels = list(self._table.labels)
        for place, (number, label) in enumerate(zip(self._table.numbers.tolist(), labels, strict=True)):
            decided = made.get(number)
            if decided is not None and decided.decision == "relabel" and str(label) not in known:
                labels[place] = known.get(decided.label, decided.label)
        return replace(self._table, labels=labels)

    def queue(self) -> dict[str, Any]:
        """The rows that the file came with as a queue: those still to be decided, and those with a reason.

        Returns:
            ``rows``, in the order of the file, each with ``row``, ``number``, ``text``, ``label`` of the table,
            ``reasons``, ``suggested`` (``None`` if the file no longer has it) and ``probability`` of that label as the
            file has it; and ``more``, how many others there are.

        Raises:
            DataError: the file has become something else.
        """
        _, lines, made = self._read()
        places = {number: place for place, number in enumerate(self._table.numbers.tolist())}
        # Rows that the table has left out are none to decide about.
        numbers = [
            number
            for number, line in lines.items()
            if number in places and (made[number] is None or (line.get("reason") or "").strip())
        ]
        return {
            "rows": [self._queued(number, places[number], lines[number]) for number in numbers[:QUEUE_ROWS]],
            "more": max(0, len(numbers) - QUEUE_ROWS),
        }

    def _queued(self, number: int, place: int, line: dict[str, Any]) -> dict[str, Any]:
        document, labels = self._table.documents[place], self._table.labels
        reasons = (one.strip()[:80] for one in (line.get("reason") or "").split(";"))
        return {
            "row": self._rows.row_numbers.row(number),
            "number": number,
            "text": shorten(document),
            "head": text_excerpt(document),
            "label": None if labels is None else labels[place],
            "suggested": self._suggested.get(number),
            "probability": _probability(line.get("probability")),
            "reasons": [one for one in reasons if one][:REASONS],
        }

    def change(self, number: int, wanted: Made | None, *, was: Made | None) -> int:
        """Decides about a row, or takes a decision back.

        Args:
            number: of the row, as messages and spreadsheets show it.
            wanted: the decision; ``None`` leaves the row undecided.
            was: what whoever decides believes to be decided about it so far.

        Returns:
            Number of rows that are decided now.

        Raises:
            RequestError: 404, there is no such row; 422, there is no such decision or label; 409, somebody else has
                decided otherwise; 503, another process holds the file.
            DataError: the file has become something else.
        """
        place = self._place(number)
        if wanted is not None:
            self._check(wanted)
        with self._locked():
            header, lines, made = self._read()
            now = made.get(number)
            if now not in (was, wanted):
                said = f"{now.decision} {now.label}".strip() if now else "undecided"
                raise RequestError(
                    409, f"Row {number:,} is {said:.100} by now: somebody else decided", "Look at it again."
                )
            if now == wanted:
                return sum(one is not None for one in made.values())
            left = Made("keep", self._suggested[number]) if number in self._suggested else None
            changed = self._line(number, place, wanted or left)
            if number not in made:
                lines[number] = {name: changed.get(name, "") for name in header}
            elif wanted is None and number not in self._suggested:
                del lines[number]
            else:
                lines[number] |= {name: changed[name] for name in ("decision", "label") if name in header}
            self._write(header, lines)
            made[number] = wanted
            return sum(one is not None for one in made.values())

    def _place(self, number: int) -> int:
        """Index in the table of the row with a number."""
        numbers = self._table.numbers
        for place in (numbers == number).nonzero()[0].tolist():
            return int(place)
        last = int(numbers.max(initial=0))
        raise RequestError(404, f"{self.source} has no row {number:,}", f"Its last row is {last:,}.")

    def _check(self, wanted: Made) -> None:
        if wanted.decision not in DECISIONS:
            raise RequestError(422, f"The decision is {wanted.decision!r:.80}", f"Give one of {', '.join(DECISIONS)}.")
        if wanted.decision != "relabel" and wanted.label:
            raise RequestError(422, f"The decision {wanted.decision} has a label", "Give one with relabel alone.")
        if wanted.decision == "relabel" and wanted.label not in self._labels:
            raise RequestError(
                422, f"No row of {self.source} has the label {wanted.label!r:.80}", "Give one that another row has."
            )

    def _line(self, number: int, place: int, wanted: Made | None) -> dict[str, Any]:
        decision, label = wanted or ("", "")
        text = text_excerpt(self._table.documents[place])
        names, values = decision_table([Decision(place, decision, label, text)], numbers=self._rows.row_numbers)
        return dict(zip(map(str, names), values, strict=True))

    def _read(self) -> tuple[list[str], dict[int, dict[str, Any]], dict[int, Made | None]]:
        """The names of the columns; the lines by the number of their row; and what is decided about it."""
        numbers = self._rows.row_numbers
        if not self.path.exists() or not self.path.stat().st_size:
            return [str(name) for name in decision_table([], numbers=numbers)[0]], {}, {}
        try:
            file = DecisionFile.read(self.path)
        except DataError as error:
            hint = "Save it as UTF-8." if OPTION in error.hint else error.hint
            raise DataError(error.received, hint) from None
        decisions = decisions_in(file, source=self.path.name, numbers=numbers)
        check_decisions(decisions, self._rows)
        reader = csv.DictReader(io.StringIO(file.text, newline=""), delimiter=file.separator)
        # Those that are read as decisions; others are empty.
        lines = [line for line in reader if any(isinstance(cell, str) and cell.strip() for cell in line.values())]
        decided = [numbers.number(one.row) for one in decisions]
        made = {
            number: None if one.decision == "keep" and one.label else Made(one.decision, one.label)
            for number, one in zip(decided, decisions, strict=True)
        }
        self._suggested |= {
            number: one.label
            for number, one in zip(decided, decisions, strict=True)
            if one.decision == "keep" and one.label
        }
        header = [name for name in reader.fieldnames or () if name is not None]
        if not {"label", "decision"} <= {*header}:
            raise DataError(f"{self.path.name} has no column 'label'", "Add one, or give the name of a new file.")
        return header, dict(zip(decided, lines, strict=True)), made

    def _write(self, header: list[str], lines: dict[int, dict[str, Any]]) -> None:
        out = io.StringIO(newline="")
        writer: csv.DictWriter[str] = csv.DictWriter(out, header, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines.values())
        write_atomically(self.path, out.getvalue().encode("utf-8", "replace"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        until = time.monotonic() + LOCK_SECONDS
        while (lock := open_locked(self.path.with_name(f".{self.path.name[:100]}.lock"))) is None:
            if time.monotonic() > until:
                raise RequestError(503, "Another process holds the file of decisions", "Decide again in a second.")
            time.sleep(0.02)
        with lock:
            yield


def _probability(cell: object) -> float | None:
    """A cell that somebody may have edited as a probability; ``None`` if it is none."""
    try:
        value = float(str(cell))
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
