"""The table of ``docs/scale/scoring.md``, from ``benchmarks/results/ray_scoring.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "ray_scoring.json"


def speed_lines() -> list[str]:
    """Rows a second alone and with workers."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    first = next(run for run in found["runs"] if "workers" in run)
    lines = ["| command | workers | seconds | rows a second | beside 1 worker |", "|---|---:|---:|---:|---:|"]
    for run in found["runs"]:
        workers = run.get("workers", "–")
        share = run["rows_per_second"] / first["rows_per_second"]
        lines.append(
            f"| `{run['name']}` | {workers} | {run['seconds']:,.0f} | {run['rows_per_second']:,} | {share:.2f} |"
        )
    machine, starts = found["machine"], found["start_seconds"]
    noted = f"; {found['note']}" if found["note"] else ""
    note = (
        f"{found['rows']:,} rows of AG News in {found['files']} files, {found['bytes'] / 1e6:,.0f} MB; every row "
        "counted, and equal to what `score` alone gave; seconds of the whole command, of which 1,000 rows take "
        f"{starts['score']} alone and {starts['score --ray']} with Ray. {machine['cores']} cores of "
        f"{machine['processor']}, Python {machine['python']}, Ray {found['ray']}{noted}. "
        f"Command: `{found['command']}`"
    )
    return [*lines, "", note]


TABLES = {"ray": speed_lines}
