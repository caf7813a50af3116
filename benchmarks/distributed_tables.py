"""The tables of ``docs/scale/training.md``, from ``benchmarks/results/distributed.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "distributed.json"


def result() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return found


def step_lines() -> list[str]:
    """Seconds and bytes of a step in each way."""
    found = result()
    ways = list(found["networks"][0]["step_seconds"])
    lines = [
        f"| network | ms a step: {' | '.join(ways)} | **2 × 1 beside 1 × 1** (ideal 2) | processor's ms a step, "
        "1 process | each of 2 | at best × | bytes a step | of a dense gradient |",
        "|---|" + "---:|" * (6 + len(ways)),
    ]
    for one in found["networks"]:
        alone, each = (1e3 * one["cpu_seconds"][way] for way in ways[:2])
        times = " | ".join(f"{1e3 * one['step_seconds'][way]:.1f}" for way in ways)
        lines.append(
            f"| {one['network']} | {times} | **{one['speedup'][ways[1]]:.2f}** | {alone:.1f} | {each:.1f} "
            f"| {alone / each:.2f} | {one['bytes']:,} | {one['dense_bytes']:,} |"
        )
    machine, rounds = found["machine"], len(found["networks"][0]["rounds"])
    note = (
        f"Processes × threads, {found['rows']}; median of {rounds} rounds, in turn, of the mean step. "
        f"{machine['cores']} cores of {machine['processor']}, Python {machine['python']}. Command: `{found['command']}`"
    )
    return [*lines, "", note]


def paper_lines() -> list[str]:
    """What more processes would bring."""
    found = result()
    links = list(found["networks"][0]["on_paper"])
    numbers = list(found["networks"][0]["on_paper"][links[0]])
    lines = [f"| network | link | {' | '.join(numbers)} |", "|---|---|" + "---:|" * len(numbers)]
    for one in found["networks"]:
        for link in links:
            factors = " | ".join(f"{one['on_paper'][link][number]:.2f}" for number in numbers)
            lines.append(f"| {one['network']} | {link} | {factors} |")
    return [*lines, "", "Worked out from the processor's seconds and the bytes above; not measured."]


TABLES = {"docs/scale/training.md": {"steps": step_lines, "paper": paper_lines}}
