"""The tables of docs/inspection.md and docs/findings.md: rows of Markdown from ``benchmarks/results``."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
# Steps before the end.
DISTANCES = (1, 5, 10, 20)

__all__ = ["TABLES"]


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _foot(result: Any, what: str) -> str:
    machine = result["machine"]
    return (
        f"{result['dataset']}, {result['train_rows']}; {what}; {machine['cores']} cores of {machine['processor']}. "
        f"Command: `{result['command']}`"
    )


def gradient_lines() -> list[str]:
    """Each network before and after training: medians of the seeds, with their range for the half distance."""
    result = _read("gradient_flow")
    distances = " | ".join(map(str, DISTANCES))
    lines = [
        f"| network | test accuracy | when | by | half is gone after, steps | left at {distances} |",
        "|---|---:|---|---|---|" + "---:|" * len(DISTANCES),
    ]
    for network in dict.fromkeys(run["network"] for run in result["runs"]):
        runs = [run for run in result["runs"] if run["network"] == network]
        accuracy = f"{statistics.median(run['test_accuracy'] for run in runs):.2%}"
        for place, when in enumerate(("before training", "after training")):
            flows = [run["flows"][place] for run in runs]
            for state, norm, half in (("h", "norm", "half_distance"), ("c", "cell_norm", "cell_half_distance")):
                if flows[0][norm] is None:
                    continue
                left = [
                    _small(statistics.median(flow[norm][d] for flow in flows)) if d < len(flows[0][norm]) else "–"
                    for d in DISTANCES
                ]
                head = f"| {network} | {accuracy} | {when} | {state} |"
                lines.append(f"{head} {_halves([flow[half] for flow in flows])} | {' | '.join(left)} |")
    seeds = len({run["seed"] for run in result["runs"]})
    return [*lines, "", _foot(result, f"1 epoch, {seeds} seeds, {result['documents']}")]


def attribution_lines() -> list[str]:
    """Each cell in one and in two directions."""
    result = _read("attribution")
    key = next(name for name in result["rows"][0] if name.startswith("answers_changed"))
    ways = list(result["rows"][0][key])
    lines = [
        "| cell | directions | completeness error, median (largest) | gradients | time "
        f"| answers changed without three words: {' | '.join(ways)} |",
        "|---|---:|---|---:|---:|" + "---:|" * len(ways),
    ]
    for row in result["rows"]:
        error = row["completeness_error"]
        changed = " | ".join(f"{row[key][way]:.0%}" for way in ways)
        lines.append(
            f"| {row['cell']} | {row['directions']} | {error['median']:.1e} ({error['largest']:.1e}) "
            f"| {row['steps']['median']:.0f} | {row['milliseconds']['median']:.0f} ms | {changed} |"
        )
    return [*lines, "", _foot(result, f"3 epochs, {result['documents']}")]


def reading_lines() -> list[str]:
    """Milliseconds for a text of fifty words."""
    result = _read("reading")
    lines = ["| network | reading | with gates | as JSON | attribution |", "|---|---:|---:|---:|---:|"]
    for row in result["rows"]:
        times = " | ".join(f"{row[way]:.1f} ms" for way in ("read", "gates", "json", "attribution"))
        lines.append(f"| `{row['preset']}` | {times} |")
    machine = result["machine"]
    foot = f"{result['words']} words; {machine['cores']} cores of {machine['processor']}."
    return [*lines, "", f"{foot} Command: `{result['command']}`"]


def _halves(halves: Sequence[float | None]) -> str:
    """The median of the seeds and their range; a network that keeps more than a half counts as infinitely far."""
    far = sorted(float("inf") if half is None else half for half in halves)
    middle, low, high = statistics.median(far), far[0], far[-1]
    if low == float("inf"):
        return "not reached"
    return f"{_steps(middle)} ({_steps(low)}–{_steps(high)})"


def _steps(distance: float) -> str:
    return "not reached" if distance == float("inf") else f"{distance:.1f}"


def _small(share: float) -> str:
    return f"{share:.2f}" if share >= 0.01 else f"{share:.1e}"


TABLES = {
    "docs/findings.md": {"gradients": gradient_lines},
    "docs/inspection.md": {"attribution": attribution_lines, "reading": reading_lines},
}
