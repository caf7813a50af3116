"""How cost grows: documents a second over length, hidden size, batch, threads and vocabulary, beside torch's.

    python benchmarks/growth.py --peers-python .venv-peers/bin/python

One setting at a time moves away from a bidirectional LSTM(64) of 64 inputs, batches of 32 documents of 40 words and a
vocabulary of 20,000. The documents are made: words follow Zipf's law, lengths vary by a quarter around their mean.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from harness.compare import compare
from harness.jobs import Rows, write_job
from harness.participants import PEERS, Peer

from recurra.bench.machine import machine
from recurra.data.table import Table
from recurra.kernels.threads import cpu_count
from recurra.presets import Recipe

RESULTS = Path(__file__).parent / "results"
BASE = {"length": 40, "hidden": 64, "batch": 32, "threads": cpu_count(), "vocabulary": 20_000}
# Predicting chooses its own batches.
AXES: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "length": ((10, 40, 200, 2_000), ("train", "predict")),
    "hidden": ((8, 64, 256, 512), ("train", "predict")),
    "batch": ((1, 16, 128, 1_024), ("train",)),
    "threads": (
        tuple(range(1, cpu_count() + 1)) if hasattr(os, "sched_setaffinity") else (cpu_count(),),
        ("train", "predict"),
    ),
    "vocabulary": ((1_000, 100_000, 1_000_000), ("train", "predict")),
}
# Operations of a pass over the rows, about; a second of a slow machine.
PASS = {"train": 3e10, "predict": 1e10}
FEWEST, MOST = 64, 4_096


def made_rows(point: dict[str, int], documents: int) -> Rows:
    """Documents of words that follow Zipf's law."""
    generator = np.random.default_rng(0)
    lengths = np.maximum(1, generator.normal(point["length"], point["length"] / 4, documents)).astype(int)
    chances = 1 / np.arange(1, point["vocabulary"] - 1)
    words = generator.choice(len(chances), size=int(lengths.sum()), p=chances / chances.sum())
    cuts = np.split(words, np.cumsum(lengths)[:-1])
    texts = [" ".join(f"w{word}" for word in cut) for cut in cuts]
    labels = [f"c{place % 4}" for place in range(documents)]
    table = Table(texts, labels, "text", None, "label", "made documents")
    return Rows(table, table, "made documents")


def preset_of(point: dict[str, int]) -> Recipe:
    """The network of a point."""
    return Recipe(name="growth").with_options(
        {
            "tokens": "lesson",
            "vocabulary_size": point["vocabulary"],
            "fixed_rows": True,
            "hidden": point["hidden"],
            "bidirectional": True,
            "batch_size": point["batch"],
        }
    )


def documents_of(point: dict[str, int], task: str) -> int:
    """So many that a pass takes about as long everywhere: whole batches of like number, two at least."""
    per_word = 2 * 2 * 4 * point["hidden"] * (64 + point["hidden"]) * (3 if task == "train" else 1)
    fitting = int(PASS[task] / (per_word * point["length"]))
    return max(min(max(fitting, FEWEST), MOST), 2 * point["batch"] if task == "train" else 1)


def peers_of(task: str) -> list[Peer]:
    """The peers: torch in its plainest way, on one thread and on all; ONNX Runtime, too, for predicting."""

    def ways(_: str, processors: int) -> list[dict[str, Any]]:
        return [{"packed": False, "batch": 64, "threads": n} for n in sorted({1, processors})]

    return [replace(PEERS[name], ways=ways) for name in (("torch",) if task == "train" else ("torch", "onnxruntime"))]


@contextmanager
def processors(number: int) -> Iterator[None]:
    """Participants that are started meanwhile may use so many."""
    if number == cpu_count():
        # Nothing to change, which not every system could.
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:number])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure(task: str, point: dict[str, int], *, python: str, rounds: int) -> list[dict[str, Any]]:
    """The rows of one point."""
    with tempfile.TemporaryDirectory(prefix="recurra-growth-") as name, processors(point["threads"]):
        documents = documents_of(point, task)
        folder, rows = Path(name), made_rows(point, documents)
        write_job(folder, task, preset_of(point), rows, take=documents)
        what = f"{task} {point}"
        found = compare(folder, what, task, peers_of(task), python=python, rounds=rounds, say=lambda message: None)
    kept = ("ours", "peer", "peer_name", "ratio", "ratio_low", "ratio_high", "peer_settings")
    return [{key: row[key] for key in kept} for row in found.rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers-python", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--axes", default=",".join(AXES))
    parser.add_argument("--out", type=Path, default=RESULTS / "growth.json")
    options = parser.parse_args()

    result: dict[str, Any] = {
        "command": f"python benchmarks/growth.py --peers-python .venv-peers/bin/python --rounds {options.rounds}",
        "machine": machine(),
        "base": BASE,
        "rounds": options.rounds,
        "curves": [],
    }
    for axis in options.axes.split(","):
        values, tasks = AXES[axis]
        for task in tasks:
            curve: dict[str, Any] = {"task": task, "axis": axis, "points": []}
            result["curves"].append(curve)
            for value in values:
                rows = measure(task, BASE | {axis: value}, python=options.peers_python, rounds=options.rounds)
                curve["points"].append({"value": value, "rows": rows})
                spoken = ", ".join(f"{row['peer_name']} {row['peer']:,.0f} ({row['ratio']:.2f})" for row in rows)
                print(f"{task} {axis} {value:,}: {rows[0]['ours']:,.0f} documents/s; {spoken}", flush=True)
                options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
