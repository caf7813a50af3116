"""The tables of docs/own-files.md on disturbed rows: Markdown from ``benchmarks/results/own_files_robustness.json``."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "own_files_robustness.json"
TEST = {
    "typos": "typos",
    "upper": "upper case",
    "lower": "lower case",
    "tenth_dropped": "a tenth dropped",
    "third_dropped": "a third dropped",
    "shuffled": "shuffled",
}
TRAIN = {
    "tenth_wrong": "a tenth of the labels wrong",
    "fifth_wrong": "a fifth of the labels wrong",
    "tenth_of_rows": "a tenth of the rows",
}

__all__ = ["TABLES"]


def test_lines() -> list[str]:
    """Accuracy on disturbed test rows."""
    return _lines(TEST)


def train_lines() -> list[str]:
    """Accuracy on the test rows as they are, after training on disturbed or few rows."""
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    sets = list(result["sets"].values())
    machine = sets[0]["machine"]
    seeds = min(len(one["runs"]) for one in sets)
    note = (
        f"Medians of {seeds} seeds; in brackets the change in points, in bold the better of the two. "
        f"{machine['cores']} cores of {machine['processor']}. Command: `{result['command']}`"
    )
    return [*_lines(TRAIN), "", note]


def _lines(columns: dict[str, str]) -> list[str]:
    lines = [
        f"| set | model | as it is | {' | '.join(columns.values())} |",
        "|---|---|---|" + "---|" * len(columns),
    ]
    for one in json.loads(RESULT.read_text(encoding="utf-8"))["sets"].values():
        models = {
            which: {name: statistics.median(run[which][name] for run in one["runs"]) for name in ("clean", *columns)}
            for which in ("recurra", "linear")
        }
        for which, name in (("recurra", "`recurra train FILE`"), ("linear", one["linear"]["name"])):
            mine, others = models[which], models["linear" if which == "recurra" else "recurra"]
            cells = [_bold(f"{mine['clean']:.1%}", mine["clean"] > others["clean"])]
            for column in columns:
                told = f"{mine[column]:.1%} ({100 * (mine[column] - mine['clean']):+.1f})".replace("-", "−")
                cells.append(_bold(told, mine[column] > others[column]))
            lines.append(f"| {one['about']} | {name} | {' | '.join(cells)} |")
    return lines


def _bold(text: str, better: bool) -> str:
    return f"**{text}**" if better else text


TABLES = {"docs/own-files.md": {"own-files-disturbed": test_lines, "own-files-wrong-labels": train_lines}}
