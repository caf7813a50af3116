"""Clean rows of three topics, and files in which single flaws are planted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rows import write_table

from recurra.checking.check import Training, check, open_source
from recurra.checking.finding import Finding, Part
from recurra.checking.label_names import LabelNames
from recurra.checking.lenient_reader import LenientReader
from recurra.checking.report import Report
from recurra.data.sources import open_blocks

TOPICS = {
    "sport": [
        "goal",
        "match",
        "team",
        "win",
        "league",
        "cup",
        "player",
        "coach",
        "stadium",
        "referee",
        "penalty",
        "season",
    ],
    "money": [
        "bank",
        "stock",
        "price",
        "market",
        "oil",
        "trade",
        "tax",
        "profit",
        "share",
        "bond",
        "dividend",
        "investor",
    ],
    "tech": [
        "chip",
        "phone",
        "software",
        "web",
        "robot",
        "data",
        "code",
        "server",
        "cloud",
        "laptop",
        "network",
        "browser",
    ],
}
SMALL = [
    "the",
    "of",
    "a",
    "again",
    "today",
    "very",
    "new",
    "old",
    "great",
    "and",
    "with",
    "for",
    "after",
    "before",
    "since",
]
HEADER = ("id", "label", "text")


def clean_rows(count: int, *, seed: int = 1) -> list[list[str]]:
    """Rows (number, label, text) in which a check finds nothing; no two texts are alike."""
    generator = random.Random(seed)
    rows = []
    for place in range(count):
        label = list(TOPICS)[place % len(TOPICS)]
        # Texts of different lengths: a pile at one of them would look cut.
        words = generator.choices(TOPICS[label] + SMALL, k=generator.randrange(9, 30))
        rows.append([f"{seed}-{place}", label, " ".join(words)])
    return rows


def write_rows(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A .csv file of such rows."""
    return write_table(path, HEADER, rows)


def opened(train: Path, test: Path | None = None, **columns: Any) -> tuple[LenientReader, LenientReader | None]:
    """Files as a check takes them."""
    names = LabelNames()

    def one(path: Path, part: Part) -> LenientReader:
        return open_source(open_blocks(path), part, names, **columns)

    return one(train, "train"), None if test is None else one(test, "test")


def checked(train: Path, test: Path | None = None, *, inside: bool = False) -> Report:
    """The report about files, with what training would do."""
    first, second = opened(train, test)
    return check(first, second, training=Training(), inside=inside)


def kinds(report: Report) -> set[tuple[str, str]]:
    """What was found: kind and file."""
    return {(finding.kind, finding.part) for finding in report.findings}


def rows_in(finding: Finding | None) -> list[int]:
    """The places of a finding's rows."""
    assert finding is not None
    return [row.row for row in finding.rows]
