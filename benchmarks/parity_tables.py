"""The table of ``benchmarks/parity.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["TABLES", "table"]

RESULTS = Path(__file__).parent / "results" / "parity.json"


def table(models: dict[str, dict[str, Any]]) -> list[str]:
    """A line for each model, with the largest difference of each column; a dash where it has no such form."""
    columns = list(next(iter(models.values())))
    lines = ["| model | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, ways in models.items():
        cells = ["–" if one is None else f"{one['largest']:.0e}".replace("e-0", "e-") for one in ways.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def lines() -> list[str]:
    """The table as it was measured, and where."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    machine = found["machine"]
    note = f"{machine['cores']} cores of {machine['processor']}. Command: `python benchmarks/parity.py`"
    return [*table(found["models"]), "", note]


TABLES = {"docs/engines.md": {"parity": lines}}
