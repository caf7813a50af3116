"""The tables of docs/findings.md on flags, near-copies and labels: rows of Markdown from ``benchmarks/results``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

__all__ = ["TABLES"]


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _foot(result: Any, what: str) -> str:
    machine = result["machine"]
    return (
        f"{result['dataset']}, {result['train_rows']}, {result['test_rows']:,} test rows; {what}; {machine['cores']} "
        f"cores of {machine['processor']}. Command: `{result['command']}`"
    )


def _spread(values: Sequence[float], shape: Callable[[float], str]) -> str:
    """The median, and the lowest and highest."""
    low, high = shape(min(values)), shape(max(values))
    middle = shape(statistics.median(values))
    return middle if low == high else f"{middle} ({low} to {high})"


def _groups(result: Any) -> list[tuple[str, str, list[Any]]]:
    """Runs of all seeds by network and when they were looked at."""
    keys = dict.fromkeys((run["network"], run["when"]) for run in result["runs"])
    return [
        (network, when, [run for run in result["runs"] if (run["network"], run["when"]) == (network, when)])
        for network, when in keys
    ]


def flag_lines() -> list[str]:
    """Each network before and after training."""
    result = _read("flags")
    lines = [
        "| network | when | test accuracy | units | best score | with 0.5 or more | with 0.25 or more "
        "| stays, mean of the first | jump, mean of the first |",
        "|---|---|---|---:|---|---|---|---|---|",
    ]
    for network, when, runs in _groups(result):
        cells = [
            network,
            when,
            _spread([run["accuracy"] for run in runs], "{:.2%}".format),
            str(len(runs[0]["scores"])),
            _spread([run["scores"][0] for run in runs], "{:.2f}".format),
            _spread([run["flags"]["0.5"] for run in runs], "{:.0f}".format),
            _spread([run["flags"]["0.25"] for run in runs], "{:.0f}".format),
            _spread([statistics.mean(unit["stays"] for unit in run["units"]) for run in runs], "{:.0%}".format),
            _spread([statistics.mean(unit["jump"] for unit in run["units"]) for run in runs], "{:.2f}".format),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    seeds = len({run["seed"] for run in result["runs"]})
    first = " and ".join(str(len(runs[0]["units"])) for _, when, runs in _groups(result) if when == "after training")
    note = f"medians of {seeds} seeds (lowest to highest); the first: {first} units"
    return [*lines, "", _foot(result, note)]


def ablation_lines() -> list[str]:
    """Accuracy that the trained networks lose when units are ablated."""
    result = _read("flags")
    lines = [
        "| network | the most flag-like unit ablated | another unit of its layer | the first ablated together "
        "| how many | as many random units | the costliest unit shown |",
        "|---|---|---|---|---:|---|---|",
    ]
    points = "{:+.2%}".format
    for network, when, runs in _groups(result):
        if when != "after training":
            continue
        cells = [
            network,
            _spread([run["units"][0]["drop"] for run in runs], points),
            _spread([run["units"][0]["drop_random"] for run in runs], points),
            _spread([run["together"]["drop"] for run in runs], points),
            str(runs[0]["together"]["units"]),
            _spread([run["together"]["drop_random"] for run in runs], points),
            _spread([max(unit["drop"] for unit in run["units"]) for run in runs], points),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", "Accuracy lost, in points; the same runs."]


def phrase_lines() -> list[str]:
    """The units with the highest scores of the trained networks."""
    result = _read("flags")
    lines = [
        "| network, seed | unit | score | ends on | speaks for | switched on by (times of all) |",
        "|---|---|---:|---:|---|---|",
    ]
    for network, when, runs in _groups(result):
        if when == "after training":
            for run in runs:
                for unit in run["units"][:2]:
                    phrases = ", ".join(f"{one['phrase']} ({one['count']} of {one['of']})" for one in unit["on"][:5])
                    lines.append(
                        f"| {network}, {run['seed']} | {unit['unit']} | {unit['score']:.2f} | {unit['ends_on']:.0%} "
                        f"| {unit['speaks_for']} | {phrases or '–'} |"
                    )
    return lines


def copy_lines() -> list[str]:
    """Near-copies by their similarity."""
    result = _read("doubts")
    copies = result["copies"]
    lines = [
        "| similarity of 5-character pieces | test rows with a near-copy | of them under another label "
        "| accuracy with a near-copy | without |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in copies["thresholds"]:
        share, other = row["rows"] / result["test_rows"], row["other_label"] / max(row["rows"], 1)
        lines.append(
            f"| {row['threshold']:g} or more | {row['rows']:,} ({share:.1%}) | {row['other_label']:,} ({other:.1%}) "
            f"| {row['accuracy_with_copy']:.2%} | {row['accuracy_without']:.2%} |"
        )
    what = f"{copies['preset']}, one seed, {copies['accuracy']:.2%} on all rows; search {copies['seconds']:.0f} s"
    return [*lines, "", _foot(result, what)]


def label_lines() -> list[str]:
    """Spoiled labels, seed by seed."""
    result = _read("doubts")
    lines = [
        "| doubted by | seed | rows | labels spoiled | suspected | of them spoiled | of the first 100 "
        "| spoiled ones found | accuracy, spoiled | without the suspected | true labels |",
        "|---|" + "---:|" * 10,
    ]
    for run in result["labels"]:
        cells = [
            run["preset"],
            str(run["seed"]),
            *(f"{run[name]:,}" for name in ("rows", "spoiled", "suspected")),
            f"{run['precision']:.0%}",
            str(run["first_hundred"]),
            f"{run['recall']:.0%}",
            *(f"{run[f'accuracy_{name}']:.2%}" for name in ("spoiled", "without_suspected", "true")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", _foot(result, "5 folds; lesson/lstm 2 epochs, default 3")]


TABLES = {
    "flags": flag_lines,
    "ablated flags": ablation_lines,
    "phrases of flags": phrase_lines,
    "near-copies": copy_lines,
    "spoiled labels": label_lines,
}
