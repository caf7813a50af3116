"""The lesson's networks over several seeds: accuracy, speed and scatter.

    python benchmarks/lesson.py --seeds 3                     # AG News
    python benchmarks/lesson.py --dataset r8 --epochs 10      # Reuters R8

The test set chooses nothing: the hyperparameters are the lesson's own, and the number of epochs is given.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from recurra.bench.machine import machine
from recurra.data.datasets import load_dataset
from recurra.lesson.baseline import NAME, measure_baseline
from recurra.lesson.callback import LessonCallback
from recurra.lesson.model_results import phrase
from recurra.lesson.run import MODELS
from recurra.lesson.trained_model import train_and_score

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="agnews")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--take", type=int)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    data = load_dataset(options.dataset, data_dir=options.data_dir, take=options.take, say=print)
    names = options.models.split(",")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    parameters: dict[str, int] = {}
    rows: dict[str, str] = {}
    # Seed after seed and not network after network, so that a busy machine slows all of them alike.
    for seed in range(options.seeds):
        for name in names:
            one = train_and_score(
                name, f"lesson/{name}", data, epochs=options.epochs, seed=seed, callback=LessonCallback()
            )
            outcome = one.fitted.outcome
            runs[name].append(
                {
                    "seed": seed,
                    "test_accuracy": one.test.accuracy,
                    "train_accuracy": one.train_accuracy,
                    "macro_f1": one.test.macro_f1,
                    "seconds": outcome.seconds,
                    "docs_per_second": one.docs_per_second,
                }
            )
            parameters[name] = one.model.info["parameters"]["total"]
            rows[name] = phrase(one.fitted.rows, data)
            print(name, runs[name][-1], flush=True)
    linear = measure_baseline(data)
    result = {
        "command": " ".join(
            ["python benchmarks/lesson.py", f"--dataset {data.name} --seeds {options.seeds} --epochs {options.epochs}"]
        ),
        "machine": machine(),
        "dataset": data.title,
        "train_rows": phrase(len(data.train), data),
        "test_rows": len(data.test),
        "epochs": options.epochs,
        "models": [
            {
                "preset": f"lesson/{name}",
                "parameters": parameters[name],
                "train_rows": rows[name],
                "test_accuracy": float(np.median([run["test_accuracy"] for run in runs[name]])),
                "lowest": min(run["test_accuracy"] for run in runs[name]),
                "highest": max(run["test_accuracy"] for run in runs[name]),
                "docs_per_second": float(np.median([run["docs_per_second"] for run in runs[name]])),
                "runs": runs[name],
            }
            for name in names
        ],
        "baseline": {
            "name": NAME,
            "parameters": linear.parameters,
            "seconds": linear.seconds,
            "test_accuracy": linear.test_correct / len(data.test),
        },
    }
    path = options.out / f"lesson-{data.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
