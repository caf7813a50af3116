"""The table of `benchmarks/segmenters.py` for docs/languages.md."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "segmenters.json"


def lines() -> list[str]:
    """A row a kind of tokens."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    seeds = len(found["rows"][0]["runs"])
    table = [
        f"| tokens | accuracy, median of {seeds} seeds (lowest–highest) | tokens a title | known | vocabulary "
        "| parameters |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in found["rows"]:
        runs = row["runs"]
        table.append(
            f"| `{row['tokens']}` | {row['median']:.2%} ({min(all_of(runs, 'accuracy')):.2%}–"
            f"{max(all_of(runs, 'accuracy')):.2%}) | {middle(runs, 'tokens_a_title'):.1f} "
            f"| {middle(runs, 'known_tokens'):.1%} | {middle(runs, 'vocabulary'):,.0f} "
            f"| {middle(runs, 'parameters'):,.0f} |"
        )
    versions = ", ".join(f"{name} {number}" for row in found["rows"] for name, number in row["versions"].items())
    note = (
        f"THUCNews titles: {found['training_rows']:,} of the 10,000 training rows to learn from, the other "
        f"{found['scored_rows']:,} to score; the test rows were not read. {versions}. Command: `{found['command']}`"
    )
    return [*table, "", note]


def all_of(runs: list[dict[str, Any]], name: str) -> list[float]:
    """A figure of each run."""
    return [run[name] for run in runs]


def middle(runs: list[dict[str, Any]], name: str) -> float:
    """Its median."""
    return statistics.median(all_of(runs, name))


TABLES = {"docs/languages.md": {"segmenters": lines}}
