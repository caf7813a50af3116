"""Files of few rows: factors of network and branch with and without answers to rows that the branch has not seen.

    python benchmarks/own_files/few_rows.py DATA_FOLDER --sets trec6 sst2 [--rows 250 600] [--seeds 3]

Each set's folder has a train.csv with label and text. For each seed default is trained on so many of its rows, drawn at
random, as it is and without such branches, and both are asked for 3,000 other rows. Test rows are not read. One
line of JSON a set and number of rows: mean accuracy, log loss and expected calibration error.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from unittest import mock

import numpy as np

import recurra
from recurra.evaluation.metrics import calibration_error
from recurra.training import branch

ASKED = 3000


def measured(texts: list[str], labels: list[str], kept: list[int], asked: list[int], seed: int) -> list[float]:
    """Accuracy, log loss and expected calibration error of a model of some rows on others."""
    model = recurra.TextClassifier(random_state=seed).fit([texts[row] for row in kept], [labels[row] for row in kept])
    probabilities = model.predict_proba([texts[row] for row in asked]).astype(np.float64)
    targets = np.searchsorted(model.classes_, [labels[row] for row in asked])
    right = probabilities.argmax(axis=1) == targets
    losses = -np.log(np.maximum(probabilities[np.arange(len(asked)), targets], np.finfo(np.float32).eps))
    return [float(right.mean()), float(losses.mean()), calibration_error(probabilities.max(axis=1), right)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--rows", nargs="+", type=int, default=[250, 600])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in options.sets:
        with (options.data / name / "train.csv").open(encoding="utf-8", newline="") as file:
            rows = [dict(row) for row in csv.DictReader(file)]
        labels = [row.pop("label") for row in rows]
        texts = [" ".join(row.values()) for row in rows]
        for count in options.rows:
            found: dict[str, list[list[float]]] = {"now": [], "before": []}
            for seed in range(options.seeds):
                order = np.random.default_rng(99 + seed).permutation(len(texts)).tolist()
                kept, known = order[:count], {labels[row] for row in order[:count]}
                asked = [row for row in order[count : count + ASKED] if labels[row] in known]
                found["now"].append(measured(texts, labels, kept, asked, seed))
                with mock.patch.object(branch, "MOST_WORK", 0):
                    found["before"].append(measured(texts, labels, kept, asked, seed))
            means = {
                how: dict(zip(("accuracy", "log_loss", "ece"), np.mean(runs, axis=0).tolist(), strict=True))
                for how, runs in found.items()
            }
            print(json.dumps({"set": name, "rows": count, "seeds": options.seeds} | means), flush=True)


if __name__ == "__main__":
    main()
