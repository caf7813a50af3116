"""The tables of docs/cells.md: rows of Markdown from the results of compare_cells.py and compare_cells_speed.py."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare_cells import CELLS, REFERENCE, RESULTS
from own_files import SETS

from recurra.cells import cell_named

SPEEDS = RESULTS.with_name("compare_cells_speed.json")

__all__ = ["TABLES"]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _short(name: str) -> str:
    return SETS[name].split(",")[0]


def _by_set(write: Callable[[Any], str], head: str, cells: tuple[str, ...] = CELLS) -> list[str]:
    """A row for each cell, a column for each set."""
    sets = {name: one for name in SETS if (one := _read(RESULTS)["sets"].get(name))}
    lines = [f"| {head} | {' | '.join(_short(name) for name in sets)} |", f"|---|{'---|' * len(sets)}"]
    for cell in cells:
        found = [write(one["cells"][cell]) if cell in one["cells"] else "–" for one in sets.values()]
        lines.append(f"| {cell_named(cell).title} | {' | '.join(found)} |")
    return lines


def _accuracy(cell: Any) -> str:
    found = [run["accuracy"] for run in cell["runs"]]
    low, high = cell["interval"]
    return f"{cell['accuracy']:.2%} ({min(found):.2%}–{max(found):.2%}); {low:.1%}–{high:.1%}"


def accuracy_lines() -> list[str]:
    """Medians, the lowest and the highest seed, and the interval of the median."""
    result = _read(RESULTS)
    machine = result["machine"]
    sets = " ".join(name for name in SETS if name in result["sets"])
    told = (
        f"Median of {result['seeds']} seeds (lowest–highest); Wilson's 95 % interval of the median. AG News: 58,337 of "
        f"120,000 training rows. {machine['processor']}. "
        f"Command: `python benchmarks/compare_cells.py DATA --sets {sets}`"
    )
    return [*_by_set(_accuracy, "cell"), "", told]


def _difference(cell: Any) -> str:
    pair = cell["to_reference"]
    return f"{100 * pair['difference']:+.2f} ± {100 * pair['standard_error']:.2f}, p {_p(pair['p_adjusted'])}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def difference_lines() -> list[str]:
    """Points of accuracy more than the reference, with standard errors and adjusted p."""
    return _by_set(_difference, f"less the {REFERENCE.upper()}", tuple(cell for cell in CELLS if cell != REFERENCE))


def _order(cell: Any) -> str:
    lost = [run["accuracy_shuffled"] - run["accuracy"] for run in cell["runs"]]
    return f"{100 * statistics.median(lost):+.1f}"


def order_lines() -> list[str]:
    """Points that a network loses when the tokens stand in random order."""
    return _by_set(_order, "points by shuffling")


def _memory(cell: Any) -> str:
    carried = cell["last_state"]
    half = carried["half_distance"]
    return f"{carried['accuracy']:.1%}; {'more than the text' if half is None else f'{half:.1f}'}"


def memory_lines() -> list[str]:
    """Of networks that answer from their last states: accuracy, and the gradient's half distance in tokens."""
    return _by_set(_memory, "last states alone: accuracy; half distance")


def _training(cell: Any) -> str:
    runs = cell["runs"]
    seconds, epochs = (statistics.median(run[key] for run in runs) for key in ("processor_seconds", "epochs"))
    return f"{cell['learning_rate']:g}; {epochs:.0f}; {seconds:.0f} s"


def training_lines() -> list[str]:
    """The learning rate that the trials chose, and what a training took."""
    return _by_set(_training, "learning rate; epochs; processor time")


def speed_lines() -> list[str]:
    """Each cell beside the LSTM, in turn in one run."""
    result = _read(SPEEDS)
    lines = [
        "| network | cell | training | strings to labels | one string to its label |",
        "|---|---|---|---|---|",
    ]
    for network, cells in result["networks"].items():
        for name, kinds in cells.items():
            training, prediction, alone = (kinds[kind] for kind in ("training", "prediction", "one text"))
            lines.append(
                f"| {network} | {cell_named(name).title} "
                f"| {training['seconds']:.2f} s, {_ratio(training)} "
                f"| {result['texts'] / prediction['seconds']:,.0f} a second, {_ratio(prediction)} "
                f"| {1e6 * alone['seconds']:.1f} µs, {_ratio(alone)} |"
            )
    machine = result["machine"]
    told = (
        f"Training: one epoch of {result['rows']:,} AG News rows, all else included; prediction: {result['texts']:,} "
        f"test texts. Medians of {result['rounds']} rounds, and how many times as fast as the {REFERENCE.upper()} of "
        f"the same round (lowest–highest). {machine['cores']} cores of {machine['processor']}. "
        f"Command: `python benchmarks/compare_cells_speed.py DATA`"
    )
    return [*lines, "", told]


def _ratio(kind: Any) -> str:
    middle, low, high = kind["times_as_fast"]
    return f"× {middle:.2f} ({low:.2f}–{high:.2f})"


TABLES = {
    "docs/cells.md": {
        "cells-accuracy": accuracy_lines,
        "cells-difference": difference_lines,
        "cells-order": order_lines,
        "cells-memory": memory_lines,
        "cells-training": training_lines,
        "cells-speed": speed_lines,
    }
}
