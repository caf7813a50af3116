"""The table of ``docs/serving.md``, from ``benchmarks/results/serving.json``."""

from __future__ import annotations

import json
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "serving.json"
OURS = "recurra serve"


def load_lines() -> list[str]:
    """Requests a second and the slowest hundredth, ours and a plain handler's."""
    if not RESULT.is_file():
        return ["Not measured yet: `python benchmarks/serving.py` does it."]
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    lines = [
        "| model | connections | service | requests/s | p99, ms | ours is so many times as fast (lowest–highest) |",
        "|---|---:|---|---:|---:|---|",
    ]
    for row in result["rows"]:
        times = "" if row["service"] == OURS else f"**{row['ratio']:.2f}** ({row['lowest']:.2f}–{row['highest']:.2f})"
        lines.append(
            f"| `{row['model']}` | {row['connections']} | {row['service']} | {row['requests_per_second']:,} "
            f"| {row['p99_ms']:,.2f} | {times} |"
        )
    machine = result["machine"]
    failed = sum(row["failed"] for row in result["rows"])
    note = (
        f"One text of 40 words a request, {failed:,.0f} requests failed; {result['rounds']} rounds in turn on "
        f"{machine['cores']} cores of {machine['processor']}, which wrk shares, Python {machine['python']}. "
        f"Command: `{result['command']}`"
    )
    return [*lines, "", note]


TABLES = {"load": load_lines}
