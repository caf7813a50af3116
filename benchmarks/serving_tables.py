"""The tables of ``docs/serving.md`` and ``docs/scale/serving.md``, from ``benchmarks/results/serving*.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
OURS = "recurra serve"


def load_lines() -> list[str]:
    """Requests a second and the slowest hundredth, ours and a plain handler's."""
    if (result := read("serving")) is None:
        return ["Not measured yet: `python benchmarks/serving.py` does it."]
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


def worker_lines() -> list[str]:
    """Texts a second of one worker and of several."""
    if (result := read("serving_workers")) is None:
        return ["Not measured yet: `python benchmarks/serving_workers.py` does it."]
    lines = [
        "| model | texts of a request | connections | workers | texts/s | as many times as one (lowest–highest) "
        "| p99, ms | processor time for 1,000 texts, ms |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for row in result["rows"]:
        times = "" if row["workers"] == 1 else f"**{row['ratio']:.2f}** ({row['lowest']:.2f}–{row['highest']:.2f})"
        lines.append(
            f"| `{row['model']}` | {row['texts']} | {row['connections']} | {row['workers']} "
            f"| {row['texts_per_second']:,} | {times} | {row['p99_ms']:,.0f} | {row['cpu_ms_per_1000_texts']:,.0f} |"
        )
    machine = result["machine"]
    failed = sum(row["failed"] for row in result["rows"])
    note = (
        f"Texts of 40 words, {failed:,.0f} requests failed; {result['rounds']} rounds in turn on {machine['cores']} "
        f"cores of {machine['processor']}, of which wrk takes one (load {result['load'][2]:g}). "
        f"Command: `{result['command']}`"
    )
    return [*lines, "", note]


def soak_lines() -> list[str]:
    """What a long run with many replaced models found."""
    if (result := read("serving_soak")) is None:
        return ["Not measured yet: `python benchmarks/serving_soak.py` does it."]
    memory, machine = result["memory_mb"], result["machine"]
    rows = [
        ("requests, each answer compared with `predict` of the model that it names", f"{result['requests']:,}"),
        ("rows", f"{result['rows']:,}"),
        ("errors", f"**{result['errors']:,}**"),
        ("answers by one model, by the other", " / ".join(f"{one:,}" for one in result["answers_by_model"])),
        (
            "files put there; models taken over before the stop",
            f"{result['files_replaced']}; {result['models_replaced']}",
        ),
        ("one text: p50, p99, ms", f"{result['one_text_p50_ms']:,.1f}, {result['one_text_p99_ms']:,.0f}"),
        ("all requests (1, 32 and 200 texts): p50, p99, ms", f"{result['p50_ms']:,.1f}, {result['p99_ms']:,.0f}"),
        (
            "memory of all processes in the second quarter, the last, at most, MB",
            f"{memory['second_quarter']:,}, {memory['last_quarter']:,}, {memory['highest']:,}",
        ),
    ]
    note = (
        f"{result['minutes']:g} minutes, {result['workers']} workers, {result['clients']} clients, another model every "
        f"{result['every']:g} s, in turn by SIGHUP and by `--watch`; on {machine['cores']} cores of "
        f"{machine['processor']}, which the clients share (load {result['load'][2]:g}). "
        f"Command: `{result['command']}`"
    )
    return ["| | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows), "", note]


def read(name: str) -> Any:
    """A result; ``None`` if there is none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


TABLES = {"load": load_lines}
SCALE_TABLES = {"workers": worker_lines, "soak": soak_lines}
