"""`recurra train train.csv --model fast` on seven sets: test accuracy, seconds of the whole command, speed.

    python benchmarks/fast_model.py             # three seeds; RECURRA_DATA says where the sets lie
    python benchmarks/fast_model.py --seeds 1

The commands are those that a user types. Of AG News 58,337 of the 120,000 training rows lie there; the test rows choose
nothing. Speed is that of `predict`, from strings to labels: the median of five passes over the test file, and of one
text alone. Results: benchmarks/results/fast_model.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from own_files import SETS, command, documents_per_second, rows_of, yardstick

import recurra
from recurra.bench.machine import machine
from recurra.runtime import Model

RESULTS = Path(__file__).parent / "results" / "fast_model.json"
# Texts that are asked alone.
ALONE = 500


def one_text(model: Model, texts: list[str]) -> float:
    """Microseconds for one text alone, the median."""
    spent = []
    for text in texts[:ALONE]:
        began = time.perf_counter()
        model.predict([text])
        spent.append(time.perf_counter() - began)
    return 1e6 * median(spent)


def one_run(folder: Path, out: Path, seed: int, texts: list[str]) -> dict[str, Any]:
    """A model of the training file, scored on the test file."""
    began = time.perf_counter()
    trained = command(
        "train", folder / "train.csv", "--model", "fast", "--out", out, "--seed", seed, "--quiet", "--no-baseline"
    )
    wall = time.perf_counter() - began
    scores, model = command("evaluate", trained["model"], folder / "test.csv"), recurra.load(trained["model"])
    return {
        "seed": seed,
        **{name: scores[name] for name in ("accuracy", "log_loss", "ece")},
        "wall_seconds": wall,
        "epochs": trained["epochs"],
        "bytes": Path(trained["model"]).stat().st_size,
        "documents_per_second": documents_per_second(model, texts),
        "one_text_microseconds": one_text(model, texts),
        "tokens": model.bundle.text.tokens,
        "branch": model.record.get("branch"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    options = parser.parse_args()
    before = json.loads(RESULTS.read_text(encoding="utf-8"))["sets"] if RESULTS.exists() else {}
    found: dict[str, Any] = {"machine": machine(), "lesson_lstm_seconds": yardstick(options.data_dir / "agnews")}
    for name in options.sets.split(","):
        folder = options.data_dir / name
        texts, _ = rows_of(folder / "test.csv")
        with tempfile.TemporaryDirectory() as place:
            runs = [one_run(folder, Path(place) / str(seed), seed, texts) for seed in range(options.seeds)]
        middle = {key: median(run[key] for run in runs) for key, value in runs[0].items() if isinstance(value, float)}
        before[name] = {"about": SETS[name], "median": middle, "runs": runs}
        print(name, middle, flush=True)
        found["sets"] = before
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
