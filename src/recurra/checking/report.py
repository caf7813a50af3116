"""The report of a check: summaries of the files, and the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recurra.checking.finding import Finding, Part
from recurra.tasks import SINGLE_LABEL, Task

__all__ = ["CoverageSummary", "FileSummary", "Report"]

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class FileSummary:
    """Summary of a file.

    Attributes:
        name: name of the file.
        rows: number of rows.
        columns: the column by role, ``None`` if there is none.
        classes: number of rows by class, the largest first.
        median: median length in characters, title and text together.
        row_hint: how rows are numbered, such as `` (the header is row 1)``; may be empty.
    """

    name: str
    rows: int
    columns: Mapping[str, str | None]
    classes: Mapping[str, int]
    median: float
    row_hint: str

    @property
    def mean_labels(self) -> float:
        """Mean number of labels of a row."""
        return sum(self.classes.values()) / max(self.rows, 1)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "name": self.name,
            "rows": self.rows,
            "columns": dict(self.columns),
            "classes": dict(self.classes),
            "mean_labels": self.mean_labels,
            "median_characters": self.median,
        }


@dataclass(frozen=True)
class CoverageSummary:
    """How well a vocabulary covers rows that it was not learned from.

    Attributes:
        rows: description of the rows, such as ``the test rows``.
        whose: owner of the vocabulary.
        vocabulary: number of tokens in it.
        tokens: kind of tokens, such as ``words`` or ``characters``.
        share: share of the rows' tokens that are not in the vocabulary.
    """

    rows: str
    whose: str
    vocabulary: int
    tokens: str
    share: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "rows": self.rows,
            "whose": self.whose,
            "vocabulary": self.vocabulary,
            "tokens": self.tokens,
            "missed": self.share,
        }


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Attributes:
        files: summaries by part: ``train`` and, if given, ``test``.
        findings: the most severe first, those of the training file before those of the test file.
        words: coverage of the vocabulary, or ``None`` if none could be learned.
        looked_for: all problems that were looked for, found or not.
        task: task that the rows fit; in a multi-label task each label of a row counts for its class.
        separator: separator that labels were split at.
        notes: guesses made while reading.
    """

    files: Mapping[Part, FileSummary]
    findings: Sequence[Finding]
    words: CoverageSummary | None
    looked_for: Sequence[str]
    task: Task = SINGLE_LABEL
    separator: str | None = None
    notes: Sequence[str] = field(default_factory=list)

    def count(self, severity: str) -> int:
        """Number of findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def found(self, kind: str, part: Part = "train") -> Finding | None:
        """The finding of a kind in a file, if there is one."""
        return next((one for one in self.findings if (one.kind, one.part) == (kind, part)), None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "files": {part: seen.to_dict() for part, seen in self.files.items()},
            "multi_label": self.task.lists,
            "label_separator": self.separator,
            "counts": {severity + "s": self.count(severity) for severity in SEVERITIES},
            "findings": [finding.to_dict() for finding in self.findings],
            "words": None if self.words is None else self.words.to_dict(),
            "looked_for": list(self.looked_for),
            "notes": list(self.notes),
        }
