"""The tables of `benchmarks/several_labels.py` for docs/answers.md."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "several_labels.json"

__all__ = ["TABLES"]

COLUMNS = {
    "micro_f1": "micro F1",
    "macro_f1": "macro F1",
    "subset_accuracy": "exact rows",
    "ranking_precision": "ranking precision",
    "log_loss": "log loss",
    "order_log_loss": "log loss of the order",
    "ece": "ECE",
}


def score_lines() -> list[str]:
    """A row a way."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    lines = [f"| way | {' | '.join(COLUMNS.values())} | seconds |", "|---|" + "---|" * (len(COLUMNS) + 1)]
    for way, runs in _by_way(found).items():
        cells = [_range([run[name] for run in runs], 3) for name in COLUMNS]
        cells.append(_range([run["seconds"] for run in runs if "seconds" in run], 1))
        lines.append(f"| {way} | {' | '.join(cells)} |")
    machine = found["machine"]
    note = (
        f"{found['rows']:,} rows to learn from (a tenth of them held out), {found['test_rows']:,} test rows; median of "
        f"{found['seeds']} seeds (lowest–highest), each with rows of its own; {machine['cores']} cores of "
        f"{machine['processor']}. Command: `{found['command']}`"
    )
    return [*lines, "", note]


def label_lines() -> list[str]:
    """F1 of each label, a column a way; with tuned thresholds, which are for F1."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    ways = {way: runs for way, runs in _by_way(found).items() if "0.5" not in way}
    lines = [f"| F1 of | rows that have it | {' | '.join(ways)} |", "|---|---:|" + "---|" * len(ways)]
    for label, share in found["shares"].items():
        cells = [_range([run["labels"][label] for run in runs], 2) for runs in ways.values()]
        lines.append(f"| {label} | {share:.0%} | {' | '.join(cells)} |")
    return lines


def _by_way(found: Any) -> dict[str, list[Any]]:
    ways = dict.fromkeys(run["way"] for run in found["runs"])
    return {way: [run for run in found["runs"] if run["way"] == way] for way in ways}


def _range(values: list[float], digits: int) -> str:
    if not values:
        return "–"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


TABLES = {"docs/answers.md": {"several labels": score_lines, "several labels, each": label_lines}}
