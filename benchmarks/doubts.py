"""Near-copies of test rows among the training rows, and how many spoiled labels confident learning finds.

    python benchmarks/doubts.py                     # AG News

Near-copies: test rows with a training row of at least that Jaccard similarity of 5-character pieces, how many of them
bear another label than their nearest copy, and what a network scores on rows with and without one.

Labels: of some training rows 5 % get another label, drawn at random; confident learning on probabilities out of fold
suspects rows; each network is trained with the spoiled labels, without the suspected rows, and with the true labels.
Results: benchmarks/results/doubts.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.bench.machine import machine
from recurra.data.datasets import Dataset, load_dataset
from recurra.data.documents import Document, Label
from recurra.data.near_duplicates import NearDuplicate, near_duplicates
from recurra.inspection.confident_learning import label_errors
from recurra.lesson.model_results import phrase
from recurra.presets import Recipe, load_preset
from recurra.runtime import Model
from recurra.text import Labels
from recurra.training.fit import fit
from recurra.tuning.out_of_fold import out_of_fold

RESULTS = Path(__file__).parent / "results"
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
NOISE, FOLDS = 0.05, 5
# What doubts the labels: presets, with changes for the few rows.
DOUBTERS: dict[str, dict[str, Any]] = {"lesson/lstm": {"epochs": 2}, "default": {"epochs": 3}}


def model_of(documents: Sequence[Document], labels: Sequence[Label], preset: Recipe) -> Model:
    """A trained model."""
    fitted = fit(documents, labels, recipe=preset)
    return Model(fitted.bundle)


def copies(data: Dataset, preset: Recipe) -> dict[str, Any]:
    """Near-copies by the least similarity."""
    near_duplicates(["warm up"], ["warm up"])
    begun = time.perf_counter()
    pairs = near_duplicates(data.test.documents, iter(data.train.documents), threshold=min(THRESHOLDS))
    seconds = time.perf_counter() - begun
    nearest: dict[int, NearDuplicate] = {}
    for pair in pairs:
        nearest.setdefault(pair.row, pair)
    train, test = data.train.labels or [], data.test.labels or []
    model = model_of(data.train.documents, train, preset)
    right = model.predict(data.test.documents) == np.array(test)
    rows = []
    for threshold in THRESHOLDS:
        found = {row: pair for row, pair in nearest.items() if pair.similarity >= threshold}
        some = np.isin(np.arange(len(test)), list(found))
        rows.append(
            {
                "threshold": threshold,
                "rows": len(found),
                "other_label": sum(test[row] != train[pair.other] for row, pair in found.items()),
                "accuracy_with_copy": float(right[some].mean()),
                "accuracy_without": float(right[~some].mean()),
            }
        )
    return {"seconds": seconds, "accuracy": float(right.mean()), "preset": preset.name, "thresholds": rows}


def spoiled_labels(data: Dataset, preset: Recipe, rows: int, seed: int) -> dict[str, Any]:
    """Labels changed on purpose, and how many of them are found."""
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.choice(len(data.train), min(rows, len(data.train)), replace=False))
    part = data.train.take(chosen)
    classes = Labels.learn(part.labels or [])
    true = classes.encode(part.labels or [])
    wrong = generator.random(len(true)) < NOISE
    given = np.where(wrong, (true + generator.integers(1, len(classes), len(true))) % len(classes), true)
    labels = classes.decode(given)
    probabilities = out_of_fold(part.documents, labels, recipe=preset, folds=FOLDS)
    found = label_errors(probabilities, given)
    hits = wrong[found.rows]
    kept = np.setdiff1d(np.arange(len(true)), found.rows)

    def score(places: npt.NDArray[np.int64], bearing: Sequence[Label]) -> float:
        model = model_of([part.documents[row] for row in places], [bearing[row] for row in places], preset)
        return float((model.predict(data.test.documents) == np.array(data.test.labels)).mean())

    every = np.arange(len(true))
    return {
        "preset": preset.name,
        "seed": seed,
        "rows": len(true),
        "spoiled": int(wrong.sum()),
        "suspected": len(found.rows),
        "found": int(hits.sum()),
        "recall": float(hits.sum() / wrong.sum()),
        "precision": float(hits.mean()),
        "first_hundred": int(hits[:100].sum()),
        "estimated_noise": found.noise,
        "suggested_right": float((found.suggested == true[found.rows])[hits].mean()),
        "accuracy_spoiled": score(every, labels),
        "accuracy_without_suspected": score(kept, labels),
        "accuracy_true": score(every, classes.decode(true)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="agnews")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=20_000, help="training rows of which some labels are changed")
    parser.add_argument("--take", type=int, help="training rows at most")
    parser.add_argument("--out", type=Path, default=RESULTS / "doubts.json")
    options = parser.parse_args()

    data = load_dataset(options.dataset, data_dir=options.data_dir, take=options.take, say=print)
    result: dict[str, Any] = {
        "command": "python benchmarks/doubts.py",
        "dataset": data.title,
        "train_rows": phrase(len(data.train), data),
        "test_rows": len(data.test),
        "machine": machine(),
        "copies": copies(data, load_preset("lesson/lstm")),
        "labels": [],
    }
    print(json.dumps(result["copies"]), flush=True)
    for name, seed in product(DOUBTERS, range(options.seeds)):
        doubter = load_preset(name).with_options({**DOUBTERS[name], "seed": seed})
        result["labels"].append(spoiled_labels(data, doubter, options.rows, seed))
        print(json.dumps(result["labels"][-1]), flush=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
