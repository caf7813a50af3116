"""Test accuracy of the lesson's networks under two engines, seed by seed: a faster engine must not cost accuracy.

    python benchmarks/engines.py --seeds 5
    python benchmarks/engines.py --seeds 5 --engines numba    # torch's runs are kept from before

The lesson's hyperparameters, one epoch; the test set chooses nothing. Runs of an engine that is not asked for stay in
the result, so that the slow one need not be waited for again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.data.datasets import Dataset, load_dataset
from recurra.evaluation import evaluate
from recurra.lesson.run import MODELS
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit
from recurra.training.run import RunOptions

RESULTS = Path(__file__).parent / "results"
COMMAND = "python benchmarks/engines.py"


def run(name: str, data: Dataset, *, engine: str, seed: int) -> dict[str, Any]:
    """One training and its test accuracy."""
    preset = load_preset(f"lesson/{name}").with_options({"epochs": 1, "seed": seed})
    documents, labels = data.train.documents, list(data.train.labels or ())
    fitted = fit(documents, labels, recipe=preset, run=RunOptions(engine=engine))
    model = Model(fitted.bundle)
    targets = model.bundle.labels.encode(list(data.test.labels or ()))
    found = evaluate(model.predict_proba(data.test.documents), targets, model.classes_, class_numbers=True)
    return {"seed": seed, "test_accuracy": found.accuracy, "seconds": fitted.outcome.seconds}


def compared(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Median and range of each engine, and the difference of their means in standard errors."""
    scores = {engine: np.array([one["test_accuracy"] for one in some]) for engine, some in runs.items()}
    result: dict[str, Any] = {
        engine: {"median": float(np.median(s)), "lowest": float(s.min()), "highest": float(s.max())}
        for engine, s in scores.items()
    }
    if {"numba", "torch"} <= scores.keys():
        ours, theirs = scores["numba"], scores["torch"]
        error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
        result["difference_in_standard_errors"] = float((ours.mean() - theirs.mean()) / error)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--engines", default="numba,torch")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--out", type=Path, default=RESULTS / "engines.json")
    options = parser.parse_args()

    data = load_dataset("agnews", data_dir=options.data_dir, say=print)
    before = json.loads(options.out.read_text(encoding="utf-8"))["runs"] if options.out.is_file() else {}
    runs: dict[str, dict[str, list[dict[str, Any]]]] = before
    for name in options.models.split(","):
        for engine in options.engines.split(","):
            runs.setdefault(name, {})[engine] = some = []
            for seed in range(options.seeds):
                some.append(run(name, data, engine=engine, seed=seed))
                print(name, engine, some[-1], flush=True)
        result = {
            "command": f"{COMMAND} --seeds {options.seeds}",
            "machine": machine(),
            "data": data.rows_phrase,
            "models": {one: compared(found) for one, found in runs.items()},
            "runs": runs,
        }
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
