"""Seconds of one study of ``recurra tune`` with one process, and with two that share it, a processor each, in turn.

    python benchmarks/tuning_processes.py          # into benchmarks/results/tuning_processes.json
    python benchmarks/tuning_processes.py --trials 4 --rounds 1 --out /tmp/small.json

Rows are those of TREC-6. All trials have two epochs and none ends early, and the first eight trials of a study are
drawn by their numbers alone, so that both ways train the same networks. ``ideal`` is what two processes can reach at
best: the start of the commands, and then the trials as long as one process took for each, handed out in their order to
whichever of the two is free. ``cpu`` is how much more of the processors two take together, whatever else runs there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from recurra.bench.machine import machine

RESULTS = Path(__file__).parent / "results"
SAME = ("--set", "epochs=2", "--set", "patience=0", "--set", "tokens=words")


def study(folder: Path, rows: Path, *, processes: int, trials: int, cores: list[int]) -> dict[str, Any]:
    """Runs a study, and returns its seconds and those of its trials."""
    folder.mkdir()
    words = [sys.executable, "-m", "recurra", "tune", str(rows), "--trials", str(trials), *SAME, "--json"]
    words += ["--study", "bench", "--storage", f"sqlite:///{folder / 'study.db'}"]
    environment = {**os.environ, **{f"{one}_NUM_THREADS": "1" for one in ("OMP", "MKL", "OPENBLAS")}}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = [
        subprocess.Popen(
            ["taskset", "-c", str(cores[place]), *words, "--out", str(folder / f"process-{place}")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        for place in range(processes)
    ]
    said = [json.loads(one.communicate()[0]) for one in running]
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = {one["number"]: one for one in said[0]["trials"]}
    return {
        "processes": processes,
        "seconds": seconds,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "trials": [round(each[number]["seconds"], 3) for number in sorted(each)],
        "settings": [each[number]["settings"] for number in sorted(each)],
        "of_each": [
            sum(one["folder"].endswith(f"process-{place}") for one in each.values()) for place in range(processes)
        ],
    }


def ideal(one: dict[str, Any]) -> float:
    """Seconds that two processes need at best, from those of one."""
    free = [0.0, 0.0]
    for seconds in one["trials"]:
        free[free.index(min(free))] += seconds
    return float(one["seconds"]) - sum(one["trials"]) + max(free)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--trials", type=int, default=8, choices=range(1, 9), metavar="N", help="up to 8")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "tuning_processes.json")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        raise SystemExit("Two processors are needed.")
    rows = (options.data_dir / "trec6" / "train.csv").absolute()
    runs = []
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(options.rounds):
            pair = []
            for processes in (1, 2):
                load = os.getloadavg()[0]
                folder = Path(temporary) / f"{number}-{processes}"
                found = study(folder, rows, processes=processes, trials=options.trials, cores=cores)
                pair.append({**found, "load_before": load})
                print(processes, round(found["seconds"], 1), found["of_each"], found["trials"], flush=True)
            if pair[0]["settings"] != pair[1]["settings"]:
                raise SystemExit("The two studies tried different settings.")
            best = ideal(pair[0])
            for one in pair:
                del one["settings"]
            runs.append({
                "runs": pair,
                "ratio": pair[0]["seconds"] / pair[1]["seconds"],
                "ideal": pair[0]["seconds"] / best,
                "cpu": pair[1]["cpu_seconds"] / pair[0]["cpu_seconds"],
            })  # fmt: skip
            print({name: round(runs[-1][name], 2) for name in ("ratio", "ideal", "cpu")}, flush=True)
    changed = [
        f" --{name} {getattr(options, name)}" for name in ("trials", "rounds")
        if getattr(options, name) != parser.get_default(name)
    ]  # fmt: skip
    result = {
        "command": "python benchmarks/tuning_processes.py" + "".join(changed),
        "machine": machine(),
        "trials": options.trials,
        "ratio": median(one["ratio"] for one in runs),
        "ideal": median(one["ideal"] for one in runs),
        "cpu": median(one["cpu"] for one in runs),
        "rounds": runs,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
