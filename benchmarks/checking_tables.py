"""The tables of docs/check.md: rows of Markdown from ``benchmarks/results/checking.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

__all__ = ["TABLES"]

# (kind, part) of a column.
COLUMNS = {
    "equal training rows": ("duplicates", "train"),
    "training rows in conflict": ("conflicting labels", "train"),
    "test texts that were learned": ("test texts among the training rows", "test"),
    "lost characters": ("replacement characters", "train"),
    "with HTML": ("HTML entities", "train"),
}


def _result() -> Any:
    return json.loads((RESULTS / "checking.json").read_text(encoding="utf-8"))


def _foot(result: Any, what: str) -> str:
    machine = result["machine"]
    return f"{what}; {machine['cores']} cores of {machine['processor']}. Command: `{result['command']}`"


def near_copy_lines() -> list[str]:
    """AG News by similarity."""
    result = _result()
    one = next(one for one in result["sets"] if one["name"] == "agnews")
    lines = [
        "| similarity of 5-character pieces | test rows with a near-copy | of them under another label |",
        "|---|---:|---:|",
    ]
    for step in one["near_copies"]:
        rows, other = step["rows"], step["other_label"]
        share = f"{rows / one['test_rows']:.1%}"
        lines.append(f"| {step['similarity']} or more | {rows:,} ({share}) | {other:,} ({other / rows:.1%}) |")
    what = f"AG News, {one['train_rows']}, {one['test_rows']:,} test rows; the whole check took {one['seconds']:.1f} s"
    return [*lines, "", _foot(result, what)]


def set_lines() -> list[str]:
    """Every set."""
    result = _result()
    heads = ["set", "training rows", "test rows", *COLUMNS, "near-copies in the test, 0.5 / 0.8 or more"]
    heads += ["tokens missed in the test", "seconds"]
    lines = [f"| {' | '.join(heads)} |", "|---|---|" + "---:|" * (len(heads) - 2)]
    for one in result["sets"]:
        counts = {(finding["kind"], finding["part"]): finding["count"] for finding in one["findings"]}
        near = {step["similarity"]: step["rows"] for step in one["near_copies"]}
        words = one["words"]
        cells = [
            one["title"],
            one["train_rows"].removesuffix(" training rows"),
            f"{one['test_rows']:,}",
            *(f"{counts.get(column, 0):,}" for column in COLUMNS.values()),
            f"{near.get(0.5, 0):,} / {near.get(0.8, 0):,}",
            f"{words['missed']:.1%} of {words['tokens']}",
            f"{one['seconds']:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", _foot(result, "By the default preset's way of reading")]


TABLES = {"docs/check.md": {"near-copies of AG News": near_copy_lines, "seven sets": set_lines}}
