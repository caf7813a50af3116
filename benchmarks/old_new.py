"""Whether a change made anything slower or larger: two checkouts in turn, each figure as a ratio, new to old.

    python benchmarks/old_new.py OLD NEW [--rounds 5] [--only NAME ...] [--take ROWS] [--out FILE]

OLD and NEW are folders with src/recurra, such as ``git worktree add`` makes. Measured with this Python, the sides in
turn and every second round in the other order: training and prediction of the lesson's five networks, one document,
rows a second of ``recurra score``, the start of ``recurra predict``, and the peak memory of ``recurra train`` and
``recurra score`` on a large CSV. A ratio above 1 is better, of times and memory too. Without AG News (``RECURRA_DATA``)
nothing can be measured.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PRESETS = ("simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm")
# Prints one figure: how much, as code of a child sees it. The first word of its command line is a folder to work in.
COMMAND = "import sys; from recurra.cli import main; sys.exit(main(sys.argv[1:]))"
PREDICT = """
import csv, sys, time, recurra
model = recurra.load(sys.argv[1])
texts = [row["text"] for row in csv.DictReader(open(sys.argv[2], encoding="utf-8"))]
model.predict_proba(texts)
times = []
for _ in range(3):
    began = time.perf_counter()
    model.predict_proba(texts)
    times.append(time.perf_counter() - began)
print(len(texts) / min(times))
"""
DOCUMENT = """
import statistics, sys, time, recurra
model = recurra.load(sys.argv[1])
text, times = ["Oil prices rise again as the markets wait for news from the meeting of ministers"], []
for _ in range(3000):
    began = time.perf_counter()
    model.predict_proba(text)
    times.append(time.perf_counter() - began)
print(1 / statistics.median(times))
"""


class Side(NamedTuple):
    """A checkout, and what it made.

    Attributes:
        checkout: holds src/recurra.
        folder: to write into.
    """

    checkout: Path
    folder: Path

    def run(self, code: str, *words: object) -> tuple[str, float, float]:
        """What a program prints, its seconds, and its peak memory in MB."""
        environment = {**os.environ, "PYTHONPATH": str(self.checkout.resolve() / "src")}
        # A parent's peak counts as its child's until that has begun, so a small process starts it and tells.
        program = (
            "import json, resource, subprocess, sys, time\n"
            "began = time.perf_counter()\n"
            "ran = subprocess.run([sys.executable, '-c', *sys.argv[1:]], capture_output=True, text=True)\n"
            "seconds = time.perf_counter() - began\n"
            "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024\n"
            "print(json.dumps([ran.returncode, ran.stdout, ran.stderr, seconds, peak]))"
        )
        words = tuple(str(word) for word in words)
        ran = subprocess.run(
            [sys.executable, "-c", program, code, *words],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        code_, out, err, seconds, peak = json.loads(ran.stdout)
        if code_:
            raise SystemExit(f"{self.checkout}: {' '.join(words)} ended with {code_}: {err.strip()}")
        return str(out), float(seconds), float(peak)


Measure = Callable[[Side, int], float]


def measures(take: int) -> dict[str, Measure]:
    """What is measured: a figure for a side and a round, more of which is better."""

    def train(preset: str) -> Measure:
        def measured(side: Side, number: int) -> float:
            words = ["train", "../train.csv", "--model", f"lesson/{preset}", "--epochs", 1, "--out"]
            out, _, _ = side.run(COMMAND, *words, f"{preset}-{number}", "--json", "--quiet")
            return float(json.loads(out)["docs_per_second"])

        return measured

    def predict(preset: str) -> Measure:
        return lambda side, _: float(side.run(PREDICT, f"../models/{preset}.safetensors", "../texts.csv")[0])

    def document(side: Side, _: int) -> float:
        return float(side.run(DOCUMENT, "../models/lstm.safetensors")[0])

    def start(side: Side, _: int) -> float:
        return 1 / side.run(COMMAND, "predict", "../models/lstm.safetensors", "Oil prices rise")[1]

    def score(side: Side, number: int) -> float:
        words = ["score", "../models/lstm.safetensors", "../large.csv", "--out", f"scored-{number}.csv", "--quiet"]
        seconds = side.run(COMMAND, *words)[1]
        (side.folder / f"scored-{number}.csv").unlink()
        return 20 * take / seconds

    def memory(command: str) -> Measure:
        def measured(side: Side, number: int) -> float:
            if command == "score":
                words = ["score", "../models/lstm.safetensors", "../large.csv", "--out", f"memory-{number}.csv"]
            else:
                words = ["train", "../large.csv", "--model", "lesson/gru", "--epochs", 1, "--out", f"memory-{number}"]
            return 1 / side.run(COMMAND, *words, "--quiet")[2]

        return measured

    return {
        **{f"train lesson/{preset}": train(preset) for preset in PRESETS},
        **{f"predict lesson/{preset}": predict(preset) for preset in PRESETS},
        "one document": document,
        "score rows": score,
        "start": start,
        "memory train": memory("train"),
        "memory score": memory("score"),
    }


def prepare(folder: Path, old: Side, take: int) -> None:
    """Rows of AG News, a large file of them, and the old side's models, which both sides read."""
    source = Path(os.environ.get("RECURRA_DATA") or Path(__file__).parents[2] / "shared" / "data") / "agnews"
    with (source / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1 : take + 1]
    for name, times in (("train.csv", 1), ("texts.csv", 1), ("large.csv", 20)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["label", "title", "text"])
            for _ in range(times):
                writer.writerows([row[0], row[1], row[-1]] for row in rows)
    (folder / "models").mkdir()
    for preset in PRESETS:
        words = ["train", "../train.csv", "--model", f"lesson/{preset}", "--epochs", 1, "--out", f"model-{preset}"]
        old.run(COMMAND, *words, "--quiet")
        (old.folder / f"model-{preset}" / "model.safetensors").rename(folder / "models" / f"{preset}.safetensors")


def main() -> int:
    names = list(measures(1))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--take", type=int, default=8000, metavar="ROWS", help="rows of AG News; the large CSV has 20 times as many"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, help="these, of " + ", ".join(names))
    parser.add_argument("--least", type=float, default=0.97, help="the exit code is 1 if a median is below")
    parser.add_argument("--out", type=Path, metavar="FILE", help="all figures as JSON")
    options = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sides = {name: Side(getattr(options, name), folder / name) for name in ("old", "new")}
        for side in sides.values():
            side.folder.mkdir()
        prepare(folder, sides["old"], options.take)
        # Compiles what is not compiled yet.
        measures(options.take)["start"](sides["new"], 0)
        wanted = {name: one for name, one in measures(options.take).items() if name in (options.only or names)}
        for name, measure in wanted.items():
            figures: dict[str, list[float]] = {"old": [], "new": []}
            for number in range(options.rounds):
                for side_name in ("old", "new") if number % 2 == 0 else ("new", "old"):
                    figures[side_name].append(measure(sides[side_name], number))
            found[name] = figures
            ratios = [new / old for old, new in zip(figures["old"], figures["new"], strict=True)]
            print(f"{name:<32} {statistics.median(ratios):.3f} ({min(ratios):.3f}–{max(ratios):.3f})", flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))
    medians = [statistics.median(n / o for o, n in zip(one["old"], one["new"], strict=True)) for one in found.values()]
    return int(min(medians) < options.least)


if __name__ == "__main__":
    sys.exit(main())
