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
        f"| network | {' | '.join(f'{way}, ms' for way in ways)} | {' | '.join(f'× {way}' for way in ways[1:])} "
        "| processor's ms a step, one and each of two | bytes a step | of a dense gradient |",
        "|---|" + "---:|" * (2 * len(ways) + 2),
    ]
    for one in found["networks"]:
        times = " | ".join(f"{1e3 * one['step_seconds'][way]:.1f}" for way in ways)
        factors = " | ".join(f"{one['speedup'][way]:.2f}" for way in ways[1:])
        cpu = f"{1e3 * one['cpu_seconds'][ways[0]]:.1f}, {1e3 * one['cpu_seconds'][ways[1]]:.1f}"
        lines.append(f"| {one['network']} | {times} | {factors} | {cpu} | {one['bytes']:,} | {one['dense_bytes']:,} |")
    machine, rounds = found["machine"], len(found["networks"][0]["rounds"])
    note = (
        f"Processes × threads, {found['rows']}; median of {rounds} rounds, in turn, of the fastest steps. "
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
