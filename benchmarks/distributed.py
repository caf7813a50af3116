"""What a training step takes in one process and in two, and what it would take in more on a network.

    python benchmarks/distributed.py --rows AGNEWS.csv     # into benchmarks/results/distributed.json
    python benchmarks/distributed.py --rows AGNEWS.csv --rounds 1 --only default --out /tmp/one.json

Three ways are measured in turn, round after round: one process with one thread (on one core), two processes with one
thread each (by torchrun), and one process with two threads. The first ROWS rows are read, none held out. The mean of
STEPS steps after WARM counts, on the same batches in each way, so measure on a quiet machine. The share of a step that
does not get shorter with more processes comes from the processor's seconds, and with it and the bytes a step the table
of more processes is worked out on paper: a ring all_reduce sends 2 (n - 1) / n of the bytes from each process, in
2 (n - 1) messages one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from recurra.bench.machine import machine
from recurra.data.read import read_table
from recurra.presets import load_preset
from recurra.training.callbacks import Callback
from recurra.training.distributed import Processes, joined
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
ROWS, WARM, STEPS = 8_000, 10, 50
NETWORKS = {
    "default": {},
    "default, batches of 256": {"batch_size": 256},
    "LSTM(128), batches of 256": {
        "hidden": 128, "embedding": 128, "bidirectional": False, "batch_size": 256, "dropout": 0.0, "averaging": 0.0,
    },
}  # fmt: skip
# Processes, and threads of each.
WAYS = {"1 × 1 thread": (1, 1), "2 × 1 thread": (2, 1), "1 × 2 threads": (1, 2)}
# Seconds of a message and bytes a second.
LINKS = {"10 Gbit/s": (50e-6, 1.25e9), "1 Gbit/s": (100e-6, 0.125e9)}
MORE = (2, 4, 8, 16)


class Clock(Callback):
    """Notes when each step has ended, and stops after enough of them."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self.cpu: list[float] = []

    def on_steps_end(self, results: Any) -> None:
        """See :meth:`Callback.on_steps_end`."""
        self.ends.append(time.perf_counter())
        self.cpu.append(time.process_time())

    def should_stop(self) -> bool:
        """See :meth:`Callback.should_stop`."""
        return len(self.ends) > WARM + STEPS


def work(rows: Path, name: str, out: Path) -> None:
    """What each process does: trains for some steps; the first one writes what they took."""
    table = read_table(rows)

    documents, labels = list(table.documents[:ROWS]), list(table.labels[:ROWS])
    recipe = load_preset("default").with_options({**NETWORKS[name], "validation": 0.0, "branch": False, "epochs": 4})
    exchanges: list[float] = []
    sums = Processes.add_up_step

    def timed(self: Processes, *args: Any) -> tuple[float, int]:
        began = time.perf_counter()
        found = sums(self, *args)
        exchanges.append(time.perf_counter() - began)
        return found

    Processes.add_up_step = timed  # type: ignore[method-assign]
    clock, processes = Clock(), joined()
    found = fit(documents, labels, recipe=replace(recipe, characters={}), callbacks=[clock])
    if processes is None or processes.is_first:
        steps = [end - begin for begin, end in zip(clock.ends[WARM:], clock.ends[WARM + 1 :], strict=False)]
        result = {
            "step": statistics.fmean(steps),
            "cpu": (clock.cpu[-1] - clock.cpu[WARM]) / len(steps),
            "exchange": statistics.fmean(exchanges[WARM:]) if exchanges else 0.0,
            "bytes": found.outcome.bytes_per_step,
            "dense_bytes": 4 * sum(tensor.size for tensor in found.bundle.tensors.values()),
        }
        out.write_text(json.dumps(result), encoding="utf-8")


def measured(rows: Path, name: str, way: str) -> dict[str, Any]:
    """One run in processes of its own."""
    processes, threads = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        words = [__file__, "--rows", str(rows), "--work", name, "--out", str(out)]
        cores = sorted(os.sched_getaffinity(0))[: processes * threads]
        subprocess.run(
            [sys.executable, *(torchrun if processes > 1 else []), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found


def on_paper(one: float, two: float, size: int) -> dict[str, dict[str, float]]:
    """How many times as fast more processes of one thread are, on machines of their own, by link and number.

    Args:
        one: the processor's seconds for a step in one process.
        two: in each of two.
        size: bytes a step.
    """
    # What each does for itself, whatever their number, and what they share.
    fixed = max(0.0, 2 * two - one)
    shared = one - fixed
    found = {}
    for link, (latency, speed) in LINKS.items():
        found[link] = {
            str(n): one / (fixed + shared / n + 2 * (n - 1) * latency + 2 * (n - 1) / n * size / speed) for n in MORE
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True, help="AG News's training rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=NETWORKS, help="one network alone")
    parser.add_argument("--work", choices=NETWORKS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=RESULTS / "distributed.json")
    given = parser.parse_args()
    if given.work:
        work(given.rows, given.work, given.out)
        return
    networks = []
    for name in [given.only] if given.only else NETWORKS:
        rounds = []
        for number in range(given.rounds):
            rounds.append({way: measured(given.rows, name, way) for way in WAYS})
            print(name, number + 1, {way: f"{1e3 * one['step']:.1f} ms" for way, one in rounds[-1].items()}, flush=True)
        step, cpu = (
            {way: statistics.median(one[way][what] for one in rounds) for way in WAYS} for what in ("step", "cpu")
        )
        # Of each round, whose runs follow each other.
        speedup = {
            way: statistics.median(one["1 × 1 thread"]["step"] / one[way]["step"] for one in rounds) for way in WAYS
        }
        two = [one["2 × 1 thread"] for one in rounds]
        exchange = statistics.median(one["exchange"] for one in two)
        networks.append(
            {
                "network": name,
                "settings": NETWORKS[name],
                "step_seconds": step,
                "cpu_seconds": cpu,
                "speedup": speedup,
                "exchange_seconds": exchange,
                "bytes": two[0]["bytes"],
                "dense_bytes": two[0]["dense_bytes"],
                "on_paper": on_paper(cpu["1 × 1 thread"], cpu["2 × 1 thread"], two[0]["bytes"]),
                "rounds": rounds,
            }
        )
        result = {
            "command": "python benchmarks/distributed.py --rows AGNEWS.csv",
            "rows": f"the first {ROWS:,} rows of AG News (58,337 of 120,000 training rows)",
            "steps": STEPS,
            "machine": machine(),
            "networks": networks,
        }
        given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
