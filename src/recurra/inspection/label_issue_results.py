"""What is found to doubt about a table, for Python, for JSON and as decisions yet to be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from recurra.data.decisions import Decision
from recurra.data.documents import Label

__all__ = ["LabelIssue", "LabelIssues"]


@dataclass(frozen=True)
class LabelIssue:
    """A row and why it is doubted.

    Attributes:
        row: of the table.
        text: at most 280 characters.
        label: what the table says.
        predicted: what the model says.
        probability: of that.
        reason: ``confident mistake``, ``suspected label error`` or ``near-duplicate``.
        suggested: the label that it may be.
        details: numbers that belong to the reason.
        neighbours: the rows whose final states are nearest by their cosine, with it as ``similarity``.
        head: the beginning of the text, for a file of decisions.
    """

    row: int
    text: str
    label: Label
    predicted: Label
    probability: float
    reason: str
    suggested: Label
    details: dict[str, Any]
    neighbours: list[dict[str, Any]]
    head: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "row": self.row,
            "text": self.text,
            "label": self.label,
            "predicted": self.predicted,
            "probability": self.probability,
            "reason": self.reason,
            "suggested": self.suggested,
            "details": self.details,
            "neighbours": self.neighbours,
            "head": self.head,
        }


@dataclass(frozen=True)
class LabelIssues:
    """What a model and the texts themselves say against a table.

    Attributes:
        model: its name.
        rows: the doubts, reason by reason, the gravest of each first; a row may be there for several reasons.
        counts: how many there are of each kind in all, shown or not.
        compared_with: where neighbours and near-duplicates come from: ``data`` or ``train``.
        notes: what a person should know.
    """

    model: str
    rows: list[LabelIssue]
    counts: dict[str, int | float]
    compared_with: str
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.model,
            "rows": [row.to_dict() for row in self.rows],
            "counts": self.counts,
            "compared_with": self.compared_with,
            "notes": self.notes,
        }

    def queue(self) -> tuple[list[Decision], list[dict[str, object]]]:
        """The rows as decisions yet to be made, each once, with what helps to decide.

        All say ``keep``, and hold the suggested label: a person changes the word to ``exclude`` or ``relabel``.
        """
        decisions: dict[int, Decision] = {}
        notes: dict[int, dict[str, object]] = {}
        for one in self.rows:
            if one.row in decisions:
                notes[one.row]["reason"] = f"{notes[one.row]['reason']}; {one.reason}"
                continue
            decisions[one.row] = Decision(one.row, "keep", str(one.suggested), one.head)
            notes[one.row] = {"labelled": one.label, "probability": f"{one.probability:.4f}", "reason": one.reason}
        return list(decisions.values()), list(notes.values())
