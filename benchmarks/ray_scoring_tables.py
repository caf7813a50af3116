"""The tables of ``docs/scale/scoring.md``, from ``benchmarks/results/ray_scoring.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recurra.batch_prediction.scoring_parts import PART_ROWS

# For what was not run.
ROWS = 1_000_000_000

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
    loads = [run["load_before"] for run in found["runs"]]
    noted = f"; {found['note']} (load {min(loads):.0f} to {max(loads):.0f})" if found["note"] else ""
    note = (
        f"{found['rows']:,} rows of AG News in {found['files']} files, {found['bytes'] / 1e6:,.0f} MB; every row "
        "counted, and equal to what `score` alone gave; seconds of the whole command, of which 1,000 rows take "
        f"{starts['score']} alone and {starts['score --ray']} with Ray. {machine['cores']} cores of "
        f"{machine['processor']}, Python {machine['python']}, Ray {found['ray']}{noted}. "
        f"Command: `{found['command']}`"
    )
    return [*lines, "", note]


def paper_lines() -> list[str]:
    """What a billion such rows would take, by the speed of one worker."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    one = next(run for run in found["runs"] if run.get("workers") == 1)
    speed = found["rows"] / (one["seconds"] - found["start_seconds"]["score --ray"])
    bytes_of_row = found["bytes"] / found["rows"]
    lines = [
        "| workers | minutes for a billion rows | read from storage, MB/s | parts for each worker |",
        "|---:|---:|---:|---:|",
    ]
    for workers in (1, 8, 64, 512):
        minutes, parts = ROWS / speed / workers / 60, ROWS / PART_ROWS / workers
        read = 2 * speed * workers * bytes_of_row / 1e6
        lines.append(f"| {workers} | {minutes:,.1f} | {read:,.0f} | {parts:,.0f} |")
    note = (
        f"On paper, from the table above: {speed:,.0f} rows a second for each worker after its start, "
        f"{bytes_of_row:.0f} bytes a row, read twice; parts of {PART_ROWS:,} rows. Nothing of this table was run."
    )
    return [*lines, "", note]


TABLES = {"ray": speed_lines, "paper": paper_lines}
