"""From a CSV on disk to the lesson's five networks, trained and evaluated.

    python benchmarks/gpu_lesson.py
    python benchmarks/gpu_lesson.py --device cpu --take 1500 --take-test 500 --seeds 1

The clock starts before the tables are read and stops when the last network is scored on all test rows and written as a
model file. Starting up is not part of it: the process has trained each network on the first rows before, and that time
is given beside. Hyperparameters are the lesson's own, one epoch; nothing is chosen.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpu_parts import WARM_UP, agnews, parser_for, run, spread, written

from recurra.bundle import write_bundle
from recurra.data.datasets import Dataset
from recurra.lesson.callback import LessonCallback
from recurra.lesson.run import MODELS
from recurra.lesson.trained_model import train_and_score


def lesson(data: Dataset, *, seed: int, options: Any) -> list[dict[str, Any]]:
    """Trains, scores and writes each network."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            began = time.perf_counter()
            one = train_and_score(
                name, f"lesson/{name}", data, epochs=1, seed=seed, device=options.device, callback=LessonCallback()
            )
            write_bundle(one.model.bundle, Path(folder) / f"{name}.safetensors")
            found.append(
                {
                    "preset": f"lesson/{name}",
                    "seconds": time.perf_counter() - began,
                    "training_seconds": one.fitted.outcome.seconds,
                    "docs_per_second": one.docs_per_second,
                    "test_accuracy": one.test.accuracy,
                }
            )
    return found


def main() -> None:
    parser = parser_for(__doc__, "gpu-lesson")
    options = parser.parse_args()
    began = time.perf_counter()
    first = agnews(options)
    small = replace(first, train=first.train.head(WARM_UP), test=first.test.head(WARM_UP))
    lesson(small, seed=0, options=options)
    starting_up = time.perf_counter() - began
    seconds, runs = [], []
    for seed in range(options.seeds):
        began = time.perf_counter()
        data = agnews(options)
        runs.append(lesson(data, seed=seed, options=options))
        seconds.append(time.perf_counter() - began)
        print(f"seed {seed}: {seconds[-1]:.2f} s", runs[-1], flush=True)
    networks = [
        {name: value if name == "preset" else spread([one[name] for one in parts]) for name, value in parts[0].items()}
        for parts in zip(*runs, strict=True)
    ]
    written(
        {
            "rows": data.rows_phrase,
            "test_rows": len(data.test),
            "seconds": spread(seconds),
            "starting_up_seconds": starting_up,
            "networks": networks,
        },
        options,
    )


if __name__ == "__main__":
    run(main)
