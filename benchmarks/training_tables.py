"""The tables of docs/training.md: rows of Markdown from ``benchmarks/results``."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

__all__ = ["TABLES"]


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _median(runs: list[Any], name: str) -> str:
    values = [run[name] for run in runs if name in run]
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})" if values else "–"


def _lines(result: Any, group: str, columns: dict[str, str]) -> list[str]:
    """A row for each way of each group."""
    head = ["rows", "way", *columns.values()]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---|" * len(columns)]
    for name, way in dict.fromkeys((run[group], run["way"]) for run in result["runs"]):
        runs = [run for run in result["runs"] if (run[group], run["way"]) == (name, way)]
        lines.append(f"| {name} | {way} | {' | '.join(_median(runs, column) for column in columns)} |")
    return [*lines, "", f"Median of {result['seeds']} seeds (lowest–highest). Command: `{result['command']}`"]


def imbalance_lines() -> list[str]:
    """What each setting does where classes are of unequal size."""
    columns = {
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "rare_recall": "recall of the rarest third",
        "ece": "ECE",
    }
    return _lines(_read("imbalance"), "set", columns)


def continuing_lines() -> list[str]:
    """Accuracy of models that went on."""
    return _lines(_read("continuing"), "cut", {"all": "all test rows", "old": "old classes", "new": "new classes"})


TABLES = {"imbalance": imbalance_lines, "continuing": continuing_lines}
