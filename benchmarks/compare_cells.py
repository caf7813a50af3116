"""SimpleRNN, GRU, LSTM, SRU, minGRU and minLSTM with the same inputs, tuned alike, on the same rows.

    python benchmarks/compare_cells.py DATA_FOLDER --sets trec6 sst2 [--cells lstm min_gru] [--seeds 5]

Each set's folder has a train.csv and a test.csv. The network is that of the preset default without its linear branch:
words or characters as it chooses, both directions, the preset's poolings and units. Every cell gets the same trials:
each learning rate of :data:`RATES` once, the lowest log loss on the tenth of the training rows that a run holds out is
taken, and with it every seed is trained and asked the test rows, which choose nothing. Written are accuracies with
intervals and the paired difference to the LSTM; the accuracy on texts whose tokens are shuffled; and, of one more
network that answers from its last states alone, the distance from the end at which half of the loss's gradient is left.
Results, a cell of a set at a time: benchmarks/results/compare_cells.json. Speeds: benchmarks/compare_cells_speed.py.
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


def one_cell(cell: str, train: Rows, test: Rows, seeds: int) -> dict[str, Any]:
    """The results of a cell; ``seeds_right`` says of each test row, in a digit, how many seeds have it right."""
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
    middle = float(np.median([run["accuracy"] for run in runs]))
    return {
        "accuracy": middle,
        "interval": list(wilson(round(middle * len(test[0])), len(test[0]))),
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
        "seeds_right": "".join(str(count) for count in np.sum(answers, axis=0)),
    }


def shares(cell: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Of each test row the share of the seeds that have it right."""
    return np.array([int(count) for count in cell["seeds_right"]]) / len(cell["runs"])


def difference(cell: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """The mean difference of two cells, its standard error and the two-sided p of the normal distribution.

    Both the rows and the seeds are samples: the variance of the rows' differences over their number is added to that of
    the seeds' accuracies over theirs.
    """
    gap = shares(cell) - shares(other)
    variance = float(gap.var(ddof=1)) / len(gap)
    for one in (cell, other):
        if len(one["runs"]) > 1:
            variance += float(np.var([run["accuracy"] for run in one["runs"]], ddof=1)) / len(one["runs"])
    error, mean = math.sqrt(variance), float(gap.mean())
    return {
        "difference": mean,
        "standard_error": error,
        "p": math.erfc(abs(mean) / error / math.sqrt(2)) if error else 1.0,
    }


def with_differences(cells: dict[str, Any]) -> dict[str, Any]:
    """The cells in their order; those beside the reference with their difference to it."""
    ordered = {cell: cells[cell] for cell in CELLS if cell in cells}
    others = [cell for cell in ordered if cell != REFERENCE]
    if REFERENCE in ordered:
        pairs = [difference(ordered[cell], ordered[REFERENCE]) for cell in others]
        for cell, pair, p in zip(others, pairs, holm([pair["p"] for pair in pairs]), strict=True):
            ordered[cell]["to_reference"] = {**pair, "p_adjusted": p}
    return ordered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--cells", nargs="+", default=list(CELLS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    for name in options.sets:
        train, test = (rows_of(options.data / name / f"{part}.csv") for part in ("train", "test"))
        for cell in options.cells:
            print(name, flush=True)
            found = one_cell(cell, train, test, options.seeds)
            # Read now: another process may have measured other cells or sets meanwhile.
            result = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {"sets": {}}
            one = result["sets"].setdefault(name, {"cells": {}})
            one |= {"train_rows": len(train[0]), "test_rows": len(test[0]), "classes": len(set(train[1]))}
            one["cells"] = with_differences({**one["cells"], cell: found})
            result |= {"machine": machine(), "rates": list(RATES), "seeds": options.seeds, "reference": REFERENCE}
            options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
