"""SimpleRNN, GRU, LSTM, SRU, minGRU and minLSTM with the same inputs, tuned alike, on the same rows.

    python benchmarks/compare_cells.py DATA_FOLDER --sets trec6 sst2 [--cells lstm min_gru] [--seeds 5]

Each set's folder has a train.csv and a test.csv. The network is that of the preset default without its linear branch:
words or characters as it chooses, both directions, the preset's poolings and units. Every cell gets the same trials:
each learning rate of :data:`RATES` once, the lowest log loss on the tenth of the training rows that a run holds out is
taken, and with it every seed is trained and asked the test rows, which choose nothing. Written are accuracies with
intervals and the paired difference to the LSTM; the accuracy on texts whose tokens are shuffled; and, of one more
network that answers from its last states alone, the distance from the end at which half of the loss's gradient is left.
Results, a set at a time: benchmarks/results/compare_cells.json. Speeds: benchmarks/compare_cells_speed.py.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from own_files import rows_of

import recurra
from recurra.bench.machine import machine
from recurra.evaluation.intervals import wilson
from recurra.evaluation.paired import holm
from recurra.inspection.gradient_flow import gradient_flow
from recurra.runtime import Model

RESULTS = Path(__file__).parent / "results" / "compare_cells.json"
CELLS = ("simple_rnn", "gru", "lstm", "sru", "min_gru", "min_lstm")
REFERENCE = "lstm"
RATES = (1e-3, 2e-3, 4e-3)
# Documents whose gradients are followed.
FOLLOWED = 300

Rows = tuple[list[str], list[str]]


def trained(cell: str, rate: float, seed: int, rows: Rows, **changes: Any) -> Model:
    options = {"branch": False, "cell": cell, "learning_rate": rate, **changes}
    return recurra.TextClassifier(random_state=seed, options=options).fit(*rows).model_


def timed(cell: str, rate: float, seed: int, rows: Rows) -> tuple[Model, float]:
    """The model, and the processor's seconds for it."""
    began = time.process_time()
    model = trained(cell, rate, seed, rows)
    return model, time.process_time() - began


def held_out_loss(model: Model) -> float:
    return float(model.record["scores"]["validation"]["log_loss"])


def shuffled(model: Model, texts: list[str]) -> list[str]:
    """The same texts with their tokens in random order."""
    generator = np.random.default_rng(0)
    joint = " " if model.bundle.text.tokens == "words" else ""
    every = [model.bundle.pipeline.tokens(text) for text in texts]
    return [joint.join(found[place] for place in generator.permutation(len(found))) for found in every]


def right(model: Model, texts: list[str], labels: list[str]) -> npt.NDArray[np.bool_]:
    return np.asarray(model.predict(texts)).astype(str) == np.array(labels)


def half_distance(model: Model, texts: list[str], labels: list[str]) -> float | None:
    """By the cell state where there is one, else by the hidden state; words, ``None`` if more than half is left."""
    known = model.bundle.labels.encode(labels[:FOLLOWED])
    found = gradient_flow(model.bundle, texts[:FOLLOWED], known, name="").to_dict()
    return found["cell_half_distance"] if found["cell_norm"] is not None else found["half_distance"]


def one_cell(cell: str, train: Rows, test: Rows, seeds: int) -> tuple[dict[str, Any], npt.NDArray[np.float64]]:
    """The results of a cell, and of each test row how many of its seeds have it right, as a share."""
    tried, seconds = {}, {}
    for rate in RATES:
        tried[rate], seconds[rate] = timed(cell, rate, 0, train)
        print(
            f"  {cell}: learning rate {rate:g}, log loss on rows held out {held_out_loss(tried[rate]):.4f}", flush=True
        )
    rate = min(tried, key=lambda one: held_out_loss(tried[one]))
    runs, answers = [], []
    for seed in range(seeds):
        # The trial was the first seed's training.
        model, spent = timed(cell, rate, seed, train) if seed else (tried[rate], seconds[rate])
        answers.append(right(model, *test))
        runs.append(
            {
                "seed": seed,
                "accuracy": float(answers[-1].mean()),
                "accuracy_shuffled": float(right(model, shuffled(model, test[0]), test[1]).mean()),
                "epochs": model.record["epochs"],
                "best_epoch": model.record["best_epoch"],
                "processor_seconds": spent,
            }
        )
        print(f"  {cell}: {runs[-1]}", flush=True)
    # A pooling over all states hands the gradient to each of them; the last state alone has to carry it back.
    carried = trained(cell, rate, 0, train, pooling=["last"])
    weights = model.info["parameters"]
    found = {
        "tokens": model.bundle.text.tokens,
        "units": model.settings.hidden,
        "recurrent_parameters": sum(size for name, size in weights.items() if name.startswith("layers.")),
        "learning_rate": rate,
        "trials": {str(one): held_out_loss(model) for one, model in tried.items()},
        "runs": runs,
        "last_state": {
            "accuracy": float(right(carried, *test).mean()),
            "half_distance": half_distance(carried, *test),
        },
    }
    return found, np.mean(answers, axis=0)


def difference(
    one: npt.NDArray[np.float64],
    other: npt.NDArray[np.float64],
    runs: list[dict[str, Any]],
    others: list[dict[str, Any]],
) -> dict[str, float]:
    """The mean difference of two cells, its standard error and the two-sided p of the normal distribution.

    Both the rows and the seeds are samples: the variance of the rows' differences over their number is added to that of
    the seeds' accuracies over theirs.
    """
    gap = one - other
    variance = float(gap.var(ddof=1)) / len(gap)
    for some in (runs, others):
        if len(some) > 1:
            variance += float(np.var([run["accuracy"] for run in some], ddof=1)) / len(some)
    error, mean = math.sqrt(variance), float(gap.mean())
    return {
        "difference": mean,
        "standard_error": error,
        "p": math.erfc(abs(mean) / error / math.sqrt(2)) if error else 1.0,
    }


def one_set(folder: Path, cells: list[str], seeds: int) -> dict[str, Any]:
    train, test = rows_of(folder / "train.csv"), rows_of(folder / "test.csv")
    found, shares = {}, {}
    for cell in cells:
        found[cell], shares[cell] = one_cell(cell, train, test, seeds)
        accuracies = [run["accuracy"] for run in found[cell]["runs"]]
        middle = float(np.median(accuracies))
        found[cell]["accuracy"] = middle
        found[cell]["interval"] = list(wilson(round(middle * len(test[0])), len(test[0])))
    if REFERENCE in cells:
        others = [cell for cell in cells if cell != REFERENCE]
        pairs = [
            difference(shares[cell], shares[REFERENCE], found[cell]["runs"], found[REFERENCE]["runs"])
            for cell in others
        ]
        for cell, pair, p in zip(others, pairs, holm([pair["p"] for pair in pairs]), strict=True):
            found[cell]["to_reference"] = {**pair, "p_adjusted": p}
    return {"train_rows": len(train[0]), "test_rows": len(test[0]), "classes": len(set(train[1])), "cells": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--cells", nargs="+", default=list(CELLS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    for name in options.sets:
        print(name, flush=True)
        found = one_set(options.data / name, options.cells, options.seeds)
        # Read again: another process may have measured other sets meanwhile.
        result = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {"sets": {}}
        result["sets"][name] = found
        result |= {"machine": machine(), "rates": list(RATES), "seeds": options.seeds, "reference": REFERENCE}
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
