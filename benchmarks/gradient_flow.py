"""Vanishing gradients: the norm of the loss's gradient by the hidden state, step by step back from the end.

    python benchmarks/gradient_flow.py                 # AG News: the lesson's presets, and three cells of one size

Each network is measured with the weights that training begins with and with those it ends with, on the same test
documents, which choose nothing. Results: benchmarks/results/gradient_flow.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.data.datasets import load_dataset
from recurra.inspection.gradient_flow import gradient_flow
from recurra.lesson.model_results import phrase
from recurra.lesson.run import MODELS
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
CELLS = ("simple_rnn", "gru", "lstm")


def networks(hidden: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name → (preset, changed settings)."""
    found: dict[str, tuple[str, dict[str, Any]]] = {f"lesson/{name}": (f"lesson/{name}", {}) for name in MODELS}
    for cell in CELLS:
        # One recipe for all cells: the lesson's of the masked SimpleRNN.
        found[f"{cell}({hidden}), masked"] = ("lesson/simple-rnn-masked", {"cell": cell, "hidden": hidden})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="agnews")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--take", type=int)
    parser.add_argument("--out", type=Path, default=RESULTS / "gradient_flow.json")
    options = parser.parse_args()

    data = load_dataset(options.dataset, data_dir=options.data_dir, take=options.take, say=print)
    labels = list(data.train.labels or ())
    runs: list[dict[str, Any]] = []
    for seed in range(options.seeds):
        for name, (preset_name, changed) in networks(options.hidden).items():
            preset = load_preset(preset_name).with_options({**changed, "epochs": 1, "seed": seed})
            fitted = fit(data.train.documents, labels, recipe=preset)  # fmt: skip
            bundle = fitted.bundle
            targets = bundle.labels.encode(list(data.test.labels or ()))
            predicted = bundle.labels.encode(Model(bundle).predict(data.test.documents).tolist())
            # Documents without what a network reads, such as a title, are left out by the measure itself.
            some = slice(0, options.documents)
            flows = [
                gradient_flow(bundle, data.test.documents[some], targets[some], name=name, before=before)
                for before in (True, False)
            ]
            runs.append(
                {
                    "network": name,
                    "seed": seed,
                    "hidden": preset.network.hidden,
                    "train_rows": phrase(fitted.rows, data),
                    "test_accuracy": float(np.mean(predicted == targets)),
                    "flows": [{**flow.to_dict(), "norm": rounded(flow.norm), "low": rounded(flow.low),
                               "high": rounded(flow.high), "cell_norm": rounded(flow.cell_norm)} for flow in flows],
                }
            )  # fmt: skip
            print(name, seed, [(flow.when, flow.half_distance) for flow in flows], flush=True)
    result = {
        "command": f"python benchmarks/gradient_flow.py --dataset {data.name} --seeds {options.seeds} "
        f"--hidden {options.hidden} --documents {options.documents}",
        "machine": machine(),
        "dataset": data.title,
        "train_rows": phrase(len(data.train), data),
        "documents": f"the first {options.documents} of {len(data.test):,} test rows",
        "runs": runs,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


def rounded(norms: Any) -> list[float] | None:
    """Four digits of each."""
    return None if norms is None else [float(f"{norm:.4g}") for norm in norms]


if __name__ == "__main__":
    main()
