"""The tables of ``docs/large-files.md``, from ``benchmarks/results/large_file.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "large_file.json"


def result() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return found


def memory_lines() -> list[str]:
    """The highest memory of each command, and what of it there is on a few rows or before anything is read."""
    found = result()
    lines = [
        "| command | highest, MB | on 2,000 rows | imports alone | **more than imports and model** | pages of files |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for command in ("train", "score"):
        one = found[command]
        floors, high = one["floor_megabytes"], one["highest_megabytes"]
        few, imports = floors["few_rows"]["VmHWM"], floors["imports"]["VmHWM"]
        more = high["VmHWM"] - imports - round(found["model_megabytes"])
        lines.append(f"| `recurra {command}` | {high['VmHWM']} | {few} | {imports} | **{more}** | {high['RssFile']} |")
    machine, file = found["machine"], found["file"]
    note = (
        f"{file['bytes']:,} bytes, {found['train']['told']['rows']:,} rows; {found['preset']}: a model of "
        f"{found['model_megabytes']} MB; one epoch. {machine['cores']} cores of {machine['processor']}, Python "
        f"{machine['python']}. Command: `{found['command']}`"
    )
    return [*lines, "", note]


def pass_lines() -> list[str]:
    """How fast each way over the rows is."""
    found = result()["passes"]
    lines = [
        "| way over the rows | processor's seconds | MB a second of it | rows a second of it |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| {one['what']} | {one['cpu_seconds']} | {one['megabytes_per_cpu_second']} | {one['rows_per_cpu_second']:,} |"
        for one in found["ways"]
    ]
    note = (
        f"On {found['bytes']:,} bytes of such rows; seconds are those of the processor, "
        "all threads together. "
        "Counting and finding ids wait for tables that do not fit its caches."
    )
    return [*lines, "", note]


TABLES = {"memory": memory_lines, "passes": pass_lines}
