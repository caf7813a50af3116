"""Documents a second in training on a GPU, with torch's kernels, over the batch size.

    python benchmarks/gpu_training.py

Generated documents stand in for news: lengths and words drawn like AG News' (38 words on average, Zipf).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from recurra.batches import Ragged
from recurra.bench.machine import machine
from recurra.models.initial import initial_weights
from recurra.models.network import Network
from recurra.presets import load_preset
from recurra.training.loop import Rows, Trainer

RESULTS = Path(__file__).parent / "results"


def news_like(count: int, generator: np.random.Generator) -> Rows:
    """Documents with the lengths and word frequencies of news."""
    lengths = np.clip(generator.normal(38, 10, count), 5, 120).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = np.minimum(generator.zipf(1.2, int(offsets[-1])) + 1, 5_000).astype(np.int32)
    return Rows(Ragged(values, offsets), generator.integers(0, 4, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batches", default="16,128,512,1024")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--out", type=Path, default=RESULTS / "gpu-training.json")
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    rows = []
    for precision in ["float32", "bfloat16"] if options.device == "cuda" else ["float32"]:
        for batch_size in map(int, options.batches.split(",")):
            preset = load_preset("lesson/bilstm").with_options(
                {"batch_size": batch_size, "precision": precision, "validation": 0.0}
            )
            weights = initial_weights(preset.network, rows=20_000, classes=4, seed=0)
            speeds = []
            # The first run warms up: kernels are loaded and memory is taken.
            for _ in range(4):
                network = Network(preset.network, weights)
                network.place(options.device, seed=0)
                outcome = Trainer(
                    network, news_like(batch_size * options.steps, generator), None, preset.training
                ).run()
                speeds.append(outcome.documents / outcome.seconds)
            row = {"batch_size": batch_size, "precision": precision, "docs_per_second": float(np.median(speeds[1:]))}
            rows.append(row)
            print(row, flush=True)
    card = torch.cuda.get_device_name() if options.device == "cuda" else options.device
    result = {"command": "python benchmarks/gpu_training.py", "machine": machine() | {"card": card}, "rows": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
