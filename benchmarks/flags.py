"""Flags: does c switch on at a word and stay, what switches it, and what is it worth?

    python benchmarks/flags.py                      # AG News: lesson/lstm and an LSTM(64), three seeds each

Each network is looked at as it reads all test documents, which choose nothing, with the weights that training begins
with and with those it ends with. Results: benchmarks/results/flags.json.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.data.datasets import Dataset, load_dataset
from recurra.inspection import Flags, flags
from recurra.lesson.model_results import phrase
from recurra.networks.initial import initial_weights
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
NETWORKS: dict[str, dict[str, Any]] = {
    "lesson/lstm": {},
    # The lesson's recipe again, with a mask, so that no pads stand between the last word and the answer.
    "LSTM(64), masked": {"hidden": 64, "masked": True, "batch_size": 16},
}
# Scores at which units are counted.
LEVELS = (0.5, 0.25)


def trained(name: str, data: Dataset, seed: int) -> tuple[Model, Model]:
    """The model before and after training."""
    preset = load_preset("lesson/lstm").with_options({**NETWORKS[name], "seed": seed})
    fitted = fit(data.train.documents, data.train.labels or [], recipe=preset)  # fmt: skip
    bundle = fitted.bundle
    weights = initial_weights(bundle.network, rows=bundle.pipeline.rows, classes=len(bundle.labels), seed=seed)
    return Model(replace(bundle, tensors=weights)), Model(bundle)


def measured(name: str, when: str, seed: int, model: Model, data: Dataset, units: int) -> dict[str, Any]:
    """The numbers of one network, without any text but phrases."""
    begun = time.perf_counter()
    found: Flags = flags(model, data.test, name=name, documents=None, units=units, examples=0, seed=seed)
    seconds = time.perf_counter() - begun
    values = found.to_dict()
    for unit in values["units"]:
        del unit["examples"]
    scores = np.array(found.scores)
    return {
        "network": name,
        "when": when,
        "seed": seed,
        "seconds": seconds,
        "flags": {f"{level:g}": int((scores >= level).sum()) for level in LEVELS},
        **values,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="agnews")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--units", type=int, default=12)
    parser.add_argument("--take", type=int, help="training rows at most")
    parser.add_argument("--out", type=Path, default=RESULTS / "flags.json")
    options = parser.parse_args()

    data = load_dataset(options.dataset, data_dir=options.data_dir, take=options.take, say=print)
    runs: list[dict[str, Any]] = []
    for seed in range(options.seeds):
        for name in NETWORKS:
            for when, model in zip(("before training", "after training"), trained(name, data, seed), strict=True):
                run = measured(name, when, seed, model, data, options.units)
                runs.append(run)
                together = run["together"]
                print(
                    f"{name} {when} seed {seed}: accuracy {run['accuracy']:.4f}, best score {run['scores'][0]:.2f}, "
                    f"flags {run['flags']}, the first {together['units']} ablated {together['drop']:+.4f} against "
                    f"{together['drop_random'] or 0:+.4f}; {run['seconds']:.1f} s",
                    flush=True,
                )
            result = {
                "command": "python benchmarks/flags.py",
                "dataset": data.title,
                "train_rows": phrase(len(data.train), data),
                "test_rows": len(data.test),
                "machine": machine(),
                "networks": NETWORKS,
                "runs": runs,
            }
            options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
