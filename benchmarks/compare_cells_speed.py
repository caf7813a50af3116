"""How fast networks of each cell train and predict, in turn in one run.

    python benchmarks/compare_cells_speed.py DATA_FOLDER [--rounds 7]

The network of benchmarks/compare_cells.py for words, and one of 32 units in one direction that reads its last state,
on AG News: an epoch of 4,000 training rows, the test file's strings to labels, and one string to its label. Cells take
turns in every round. Results: benchmarks/results/compare_cells_speed.json, medians, and ratios to the LSTM's in the
same round with their ranges.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from compare_cells import CELLS, REFERENCE
from own_files import rows_of

import recurra
from recurra.bench.machine import machine
from recurra.runtime import Model

RESULTS = Path(__file__).parent / "results" / "compare_cells_speed.json"
NETWORKS: dict[str, dict[str, Any]] = {
    "of default": {},
    "small": {"hidden": 32, "embedding": 32, "bidirectional": False, "pooling": ["last"]},
}
TRAINED, SINGLE = 4000, 300


def fitted(cell: str, shape: dict[str, Any], rows: tuple[list[str], list[str]]) -> Model:
    options = {"branch": False, "tokens": "words", "cell": cell, "epochs": 1, **shape}
    return recurra.TextClassifier(options=options).fit(*rows).model_


def one_round(
    cell: str, shape: dict[str, Any], rows: tuple[list[str], list[str]], texts: list[str]
) -> dict[str, float]:
    """Seconds of each kind of work."""
    began = time.perf_counter()
    model = fitted(cell, shape, rows)
    trained = time.perf_counter() - began
    model.predict(texts[:SINGLE])
    began = time.perf_counter()
    model.predict(texts)
    predicted = time.perf_counter() - began
    alone = []
    for text in texts[:SINGLE]:
        began = time.perf_counter()
        model.predict([text])
        alone.append(time.perf_counter() - began)
    return {"training": trained, "prediction": predicted, "one text": float(np.median(alone))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    train, (texts, _) = rows_of(options.data / "agnews" / "train.csv"), rows_of(options.data / "agnews" / "test.csv")
    rows = train[0][:TRAINED], train[1][:TRAINED]
    found: dict[str, Any] = {}
    for name, shape in NETWORKS.items():
        # The first call of each compiles its kernels.
        rounds = [{cell: one_round(cell, shape, rows, texts) for cell in CELLS} for _ in range(options.rounds + 1)][1:]
        found[name] = {}
        for cell in CELLS:
            found[name][cell] = {}
            for what in rounds[0][cell]:
                ratios = [one[REFERENCE][what] / one[cell][what] for one in rounds]
                found[name][cell][what] = {
                    "seconds": float(np.median([one[cell][what] for one in rounds])),
                    "times_as_fast": [float(np.median(ratios)), min(ratios), max(ratios)],
                }
            print(name, cell, found[name][cell], flush=True)
    result = {"machine": machine(), "rounds": options.rounds, "rows": TRAINED, "texts": len(texts), "networks": found}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
