"""Label issues of a table, for Python, for JSON and as a file of decisions to be made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from recurra.data.documents import Label
from recurra.data.review_decisions import Decision
from recurra.data.row_numbers import RowNumbers
from recurra.representation import Representation, Represented, one_line, top

__all__ = ["LABEL_ERROR", "MISTAKE", "NEAR_DUPLICATE", "LabelIssue", "LabelIssues"]

MISTAKE, LABEL_ERROR, NEAR_DUPLICATE = "confident mistake", "suspected label error", "near-duplicate"
"""Reasons to doubt a label."""


@dataclass(frozen=True, repr=False)
class LabelIssue(Represented):
    """A row whose label may be wrong, and why.

    Attributes:
        row: index of the row in the table, from 0: ``table.documents[row]``. Of pandas data it is the position and not
            the label of the index: ``frame.iloc[row]``, ``frame.index[row]``.
        number: number of the same row as messages, spreadsheets and this object's ``repr`` have it, such as 2 for the
            first row of a file whose header is row 1; equal to ``row`` where the rows were a data frame.
        text: the text, shortened to 280 characters.
        label: the label in the table.
        predicted: the model's most probable label.
        probability: probability of the predicted label.
        reason: ``confident mistake``, ``suspected label error`` or ``near-duplicate``.
        suggested: the label that may be the right one; of a near-duplicate the more probable one of its own label and
            its copy's: where that is its own, the copy may be wrong.
        suggested_probability: what the model gives it.
        details: numbers that belong to the reason.
        neighbours: the rows with the nearest final states, each with ``row`` and ``number`` and their cosine as
            ``similarity``.
        head: the beginning of the text, for a file of decisions.
        likely: the nine most probable labels, or all, the most probable first.
    """

    row: int
    number: int
    text: str
    label: Label
    predicted: Label
    probability: float
    reason: str
    suggested: Label
    suggested_probability: float
    details: dict[str, Any]
    neighbours: list[dict[str, Any]]
    head: str
    likely: list[Label] = field(default_factory=list)

    def _representation(self) -> Representation:
        return Representation(
            f"LabelIssue: row number {self.number:,}, {self.reason}: labelled {one_line(self.label, 30)!r}, suggested "
            f"{one_line(self.suggested, 30)!r} ({100 * self.suggested_probability:.1f} %): {one_line(self.text, 80)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "row": self.row,
            "number": self.number,
            "text": self.text,
            "label": self.label,
            "predicted": self.predicted,
            "probability": self.probability,
            "reason": self.reason,
            "suggested": self.suggested,
            "suggested_probability": self.suggested_probability,
            "details": self.details,
            "neighbours": self.neighbours,
            "head": self.head,
            "likely": self.likely,
        }


@dataclass(frozen=True, repr=False)
class LabelIssues(Represented):
    """The label issues of a table.

    Attributes:
        model: name of the model.
        rows: the issues by reason, the most severe of each first, as many of each as ``top`` said; :attr:`cut` says of
            what there are more. A row is listed once for each reason: ``{one.row for one in rows}`` has each once.
        counts: total number of issues of each kind, shown or not.
        row_numbers: the number of each row of the file in messages.
        compared_with: where neighbours and near-duplicates come from: ``data`` or ``train``.
        notes: messages for the user.
    """

    model: str
    rows: list[LabelIssue]
    counts: dict[str, int | float]
    row_numbers: RowNumbers
    compared_with: str
    notes: list[str] = field(default_factory=list)

    def _representation(self) -> Representation:
        shown, more = top(self.rows, "rows")
        rows = [
            (
                f"{one.number:,}",
                one.reason,
                one_line(one.label, 30),
                f"{one_line(one.suggested, 30)} ({100 * one.suggested_probability:.1f} %)",
                one_line(one.text, 50),
            )
            for one in shown
        ]
        head = ("number", "reason", "label", "suggested", "text")
        title = (
            f"LabelIssues: {len(self.rows):,} of {one_line(self.model)}, rows numbered from {self.row_numbers.first:,}"
        )
        if self.row_numbers.first == 0:
            # Rows of Python's objects, and not of a file.
            title += " (positions: use .iloc)"
        counted = {what: f"{n:,}" if isinstance(n, int) else f"{n:.4f}" for what, n in self.counts.items()}
        found = ", ".join(map(" ".join, counted.items()))
        cut = [f"{' and '.join(self.cut)} are listed: top=N gives more"] if self.cut else []
        return Representation(title, head if rows else (), rows, [*more, *cut, found])

    @property
    def cut(self) -> list[str]:
        """What there is more of than :attr:`rows` have, such as ``20 of 66 suspected label errors``."""
        listed = Counter(one.reason for one in self.rows)
        return [
            f"{listed[reason]:,} of {int(found):,} {reason}s"
            for reason in (LABEL_ERROR, NEAR_DUPLICATE)
            if listed[reason] < (found := self.counts.get(reason, 0))
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "rows": [row.to_dict() for row in self.rows],
            "counts": self.counts,
            "first_row": self.row_numbers.first,
            "compared_with": self.compared_with,
            "notes": self.notes,
        }

    def queue(self) -> tuple[list[Decision], list[dict[str, object]]]:
        """The rows as decisions to be made, each once, with notes that help to decide.

        All are ``keep`` with the suggested label, beside which stands the probability that the model gives it; the user
        changes them to ``exclude`` or ``relabel``. They are about rows of the file, also where some of them were
        skipped.
        """
        decisions: dict[int, Decision] = {}
        notes: dict[int, dict[str, object]] = {}
        for one in self.rows:
            if one.row in decisions:
                notes[one.row]["reason"] = f"{notes[one.row]['reason']}; {one.reason}"
                continue
            found = self.row_numbers.row(one.number)
            row = one.row if found is None else found
            decisions[one.row] = Decision(row, "keep", str(one.suggested), one.head)
            notes[one.row] = {
                "labelled": one.label,
                "probability": f"{one.suggested_probability:.4f}",
                "reason": one.reason,
            }
        return list(decisions.values()), list(notes.values())
