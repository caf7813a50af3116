"""The tables of ``docs/benchmarks.md``, from what lies in ``benchmarks/results``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
MISSING = ["Not measured yet: `make bench` does it."]
PEAK = "the machine's peak"

Row = dict[str, Any]


def read(name: str) -> Any | None:
    """A result, or ``None`` where nothing was measured yet."""
    path = RESULTS / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def peer_lines(result: Any | None, task: str) -> list[str]:
    """A task's comparisons: who, how fast, how many times as fast, and how the peer was run."""
    if result is None:
        return MISSING
    rows = [row for row in result["rows"] if row["task"] == task and row["peer_name"] != PEAK]
    if not rows:
        return MISSING
    unit = rows[0]["unit"]
    lines = [
        f"| network | peer | Recurra, {unit} | peer, {unit} | times as fast, median (lowest–highest) | the peer ran |",
        "|---|---|---:|---:|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['what'].partition(' ')[2]} | {row['peer_name']} | {row['ours']:,.0f} | {row['peer']:,.0f} "
            f"| **{row['ratio']:.2f}** ({row['ratio_low']:.2f}–{row['ratio_high']:.2f}) | {row['peer_settings']} |"
        )
    return [*lines, "", note(result, f"{result['data']}; ")]


def peak_lines(result: Any | None) -> list[str]:
    """How much of the machine's peak training reaches."""
    rows = [row for row in result["rows"] if row["peer_name"] == PEAK] if result else []
    if result is None or not rows:
        return MISSING
    lines = [
        "| network | Recurra, documents/s | at the machine's peak | share, median (lowest–highest) |",
        "|---|---:|---:|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['what'].partition(' ')[2]} | {row['ours']:,.0f} | {row['peer']:,.0f} "
            f"| {row['ratio']:.1%} ({row['ratio_low']:.1%}–{row['ratio_high']:.1%}) |"
        )
    return [*lines, "", note(result, "")]


def slower_lines(peers: Any | None, growth: Any | None) -> list[str]:
    """Where Recurra loses: every comparison with a ratio below 1."""
    if peers is None or growth is None:
        return MISSING
    lost = [(row["what"], row) for row in peers["rows"] if row["peer_name"] != PEAK and row["ratio"] < 1]
    for curve in growth["curves"]:
        for point in curve["points"]:
            name = f"{curve['task']} with {curve['axis']} {point['value']:,}"
            lost += [(name, row) for row in point["rows"] if row["ratio"] < 1]
    if not lost:
        return ["In none of the comparisons on this page."]
    return [f"- {name}: {row['ratio']:.2f} times as fast as {row['peer_name']}" for name, row in lost]


def growth_lines(result: Any | None, task: str) -> list[str]:
    """The curves of a task as tables, one below the other."""
    curves = [curve for curve in result["curves"] if curve["task"] == task] if result else []
    if result is None or not curves:
        return MISSING
    lines: list[str] = []
    for curve in curves:
        names = [row["peer_name"] for row in curve["points"][0]["rows"]]
        heads = [cell for name in names for cell in (name, "times as fast (lowest–highest)")]
        lines += [table_row([curve["axis"], "Recurra", *heads]), "|---:|---:|" + "---:|---|" * len(names)]
        for point in curve["points"]:
            rows = point["rows"]
            cells = [f"{point['value']:,}", f"{rows[0]['ours']:,.0f}"]
            for row in rows:
                times = f"**{row['ratio']:.2f}** ({row['ratio_low']:.2f}–{row['ratio_high']:.2f})"
                cells += [f"{row['peer']:,.0f}", times]
            lines.append(table_row(cells))
        lines.append("")
    return [*lines, note(result, "Documents a second. ")]


def engine_lines(result: Any | None) -> list[str]:
    """Test accuracy under two engines."""
    if result is None:
        return MISSING
    lines = [
        "| network | numba: median (lowest–highest) | torch: median (lowest–highest) | difference of the means |",
        "|---|---|---|---:|",
    ]
    for name, found in result["models"].items():
        cells = [f"`lesson/{name}`"]
        for engine in ("numba", "torch"):
            one = found[engine]
            cells.append(f"{one['median']:.2%} ({one['lowest']:.2%}–{one['highest']:.2%})")
        lines.append(table_row([*cells, f"{found['difference_in_standard_errors']:+.1f} standard errors"]))
    machine = result["machine"]
    where = f"{machine['cores']} cores of {machine['processor']}"
    return [*lines, "", f"AG News, {result['data']}, one epoch; {where}. Command: `{result['command']}`"]


def scoring_lines(result: Any | None) -> list[str]:
    """Rows a second and peak memory of scoring."""
    if result is None:
        return MISSING
    lines = ["| model | from | to | rows | rows/s | peak memory, MB |", "|---|---|---|---:|---:|---:|"]
    for row in result["rows"]:
        sizes = (f"{row['rows']:,}", f"{row['rows_per_second']:,}", f"{row['peak_megabytes']:,}")
        lines.append(table_row([f"`lesson/{row['model']}`", row["data"], row["out"], *sizes]))
    machine = result["machine"]
    where = f"{machine['cores']} cores of {machine['processor']}"
    return [*lines, "", f"Headlines of eight made words; {where}. Command: `{result['command']}`"]


def table_row(cells: Iterable[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def note(result: Any, head: str) -> str:
    """Machine, rounds and command."""
    machine = result["machine"]
    return (
        f"{head}{result['rounds']} rounds in turn on {machine['cores']} cores of {machine['processor']}, "
        f"Python {machine['python']}. Command: `{result['command']}`"
    )


TABLES: dict[str, Callable[[], list[str]]] = {
    "train": lambda: peer_lines(read("peers.json"), "train"),
    "peak": lambda: peak_lines(read("peers.json")),
    "predict": lambda: peer_lines(read("peers.json"), "predict"),
    "latency": lambda: peer_lines(read("peers.json"), "latency"),
    "slower": lambda: slower_lines(read("peers.json"), read("growth.json")),
    "engines": lambda: engine_lines(read("engines.json")),
    "scoring": lambda: scoring_lines(read("scoring.json")),
    "growth-train": lambda: growth_lines(read("growth.json"), "train"),
    "growth-predict": lambda: growth_lines(read("growth.json"), "predict"),
}
"""By the name in the document's marker."""
