"""The table of ``docs/reading-room.md``, from ``benchmarks/results/page.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "page.json"
TIMES = {"paint": "first paint, ms", "answer": "first answer, ms", "chart": "first chart, ms"}
SIZES = {"sent": "bytes sent", "unpacked": "bytes unpacked", "requests": "requests"}


def visit_lines() -> list[str]:
    """Milliseconds and bytes of a first visit, and of another one."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    lines = ["| | first visit | again |", "|---|---:|---:|"]
    for name, head in TIMES.items():
        cells = [_range(found[kind][name]) for kind in ("first", "again")]
        lines.append(f"| {head} | {' | '.join(cells)} |")
    for name, head in SIZES.items():
        cells = [f"{found[kind][name]['median']:,.0f}" for kind in ("first", "again")]
        lines.append(f"| {head} | {' | '.join(cells)} |")
    machine = found["machine"]
    note = (
        f"Median (lowest–highest) of {found['visits']} visits with {found['browser']}, which shares {machine['cores']} "
        f"cores of {machine['processor']} with the service (load {found['load']:g}). Command: `{found['command']}`"
    )
    return [*lines, "", note]


def _range(times: dict[str, float]) -> str:
    return f"**{times['median']:,.0f}** ({times['lowest']:,.0f}–{times['highest']:,.0f})"


TABLES = {"docs/reading-room.md": {"visit": visit_lines}}
