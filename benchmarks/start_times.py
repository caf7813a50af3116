"""How long the commands take that do next to nothing: ``recurra --help`` and a single answer of ``recurra predict``.

    python benchmarks/start_times.py                          # a model of the lesson's LSTM with random weights
    python benchmarks/start_times.py --model runs/tickets/model.safetensors --rounds 51

Each is a process of its own, and each round runs all of them, every second one backwards; ``python -c pass`` is what no
program in Python is faster than. A round before the first is not counted: it compiles kernels and fills the cache of
files. Results: benchmarks/results/start_times.json, medians with the lowest and highest, in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scoring import write_model

from recurra.bench.machine import machine

RESULTS = Path(__file__).parent / "results"
PRESET, TEXT = "lesson/lstm", "Oil prices rise again"


def commands_of(model: Path) -> dict[str, list[str]]:
    """What is measured, by the name that people know."""
    # -P: a file in the current folder must not shadow a module.
    python = [sys.executable, "-P"]
    return {
        "python -c pass": [*python, "-c", "pass"],
        "recurra --help": [*python, "-m", "recurra", "--help"],
        "recurra predict MODEL TEXT": [*python, "-m", "recurra", "predict", str(model), TEXT],
    }


def milliseconds(command: Sequence[str]) -> float:
    """The time of one process by the clock; a command that fails ends the benchmark."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return 1000 * (time.perf_counter() - began)


def measured(commands: dict[str, list[str]], rounds: int) -> list[dict[str, Any]]:
    """Median, lowest, highest and all rounds of each command, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for place in range(-1, rounds):
        for name in commands if place % 2 == 0 else reversed(commands):
            took = milliseconds(commands[name])
            if place >= 0:
                times[name].append(took)
    return [
        {
            "command": name,
            "milliseconds": {"median": statistics.median(took), "lowest": min(took), "highest": max(took)},
            "rounds": [round(one, 2) for one in took],
        }
        for name, took in times.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help=f"a model file; without it {PRESET} with random weights")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--out", type=Path, default=RESULTS / "start_times.json")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        model = options.model or Path(folder) / "model.safetensors"
        if options.model is None:
            write_model(PRESET, model)
        rows = measured(commands_of(model), options.rounds)
        size = model.stat().st_size
    for row in rows:
        took = row["milliseconds"]
        print(f"{row['command']:<28} {took['median']:6.0f} ms ({took['lowest']:.0f}–{took['highest']:.0f})")
    named = "" if options.model is None else f" --model {options.model.name}"
    result = {
        "command": f"python benchmarks/start_times.py{named} --rounds {options.rounds}",
        "machine": machine(),
        "model": {"preset": PRESET if options.model is None else None, "bytes": size},
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
