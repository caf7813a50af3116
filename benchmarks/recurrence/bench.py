"""One recurrent layer, forward and backward, on the engines in turn: medians and ratios of one run.

    python benchmarks/recurrence/bench.py
    taskset -c 1 python benchmarks/recurrence/bench.py --threads 1 --repeats 400

The shapes are the lesson's, at its batch sizes, with lengths as AG News has them (about 40 words, from 10 to 90). The
engines take turns within every round, so that a busy machine slows all of them alike; a ratio is the median over the
rounds of that round's ratio.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from recurra.bench.machine import machine
from recurra.cells import cell_named
from recurra.recurrence.engines import ENGINES, Weights


class Shape(NamedTuple):
    """A layer of a preset at a batch size."""

    what: str
    cell: str
    inputs: int
    hidden: int
    directions: int
    batch: int
    words: int = 40


SHAPES = [
    Shape("simple-rnn-titles", "simple_rnn", 64, 16, 1, 16, words=8),
    Shape("simple-rnn-masked", "simple_rnn", 64, 16, 1, 16),
    Shape("gru", "gru", 64, 8, 1, 8),
    Shape("lstm", "lstm", 64, 8, 1, 8),
    Shape("bilstm, a layer", "lstm", 128, 64, 2, 16),
    Shape("bilstm, batch 64", "lstm", 128, 64, 2, 64),
    Shape("bilstm, batch 128", "lstm", 128, 64, 2, 128),
    Shape("LSTM(64), one direction", "lstm", 128, 64, 1, 16),
    Shape("LSTM(64), batch 128", "lstm", 128, 64, 1, 128),
    Shape("GRU(64), both directions", "gru", 128, 64, 2, 16),
]


def lengths_of(shape: Shape, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    drawn = np.clip(rng.normal(shape.words, shape.words / 4, shape.batch).round(), 1, 90).astype(int)
    return sorted(drawn.tolist(), reverse=True)


def step_of(shape: Shape, engine: str, seed: int = 0) -> Callable[[], None]:
    """Forward and backward of one batch, all gradients."""
    lengths = lengths_of(shape, seed)
    active = [sum(length > step for length in lengths) for step in range(lengths[0])]
    cell = cell_named(shape.cell)
    fused = shape.hidden * len(cell.gates)
    generator = torch.Generator().manual_seed(seed)

    def draw(*size: int) -> torch.Tensor:
        return (torch.randn(size, generator=generator) / size[0] ** 0.5).requires_grad_()

    weights = [
        Weights(
            draw(shape.inputs, fused),
            draw(shape.hidden, fused),
            draw(fused),
            draw(fused) if cell.recurrent_bias else None,
        )
        for _ in range(shape.directions)
    ]
    inputs = draw(sum(lengths), shape.inputs)
    outer = torch.randn(sum(lengths), shape.hidden * shape.directions, generator=generator)
    leaves = [inputs, *(part for one in weights for part in one if part is not None)]

    def step() -> None:
        states = torch.cat(ENGINES[engine].layer(cell, inputs, weights, active), dim=1)
        torch.autograd.grad(states, leaves, outer)

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--engines", default="numba,torch")
    parser.add_argument("--only", default="", help="part of a shape's name")
    parser.add_argument("--out", type=Path, help="a JSON file")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    names = options.engines.split(",")
    rows = []
    for shape in SHAPES:
        if options.only not in shape.what:
            continue
        steps = {name: step_of(shape, name) for name in names}
        times: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(options.repeats + 3):
            for name, step in steps.items():
                started = time.perf_counter()
                step()
                if turn >= 3:
                    times[name].append(time.perf_counter() - started)
        ours, peer = (np.array(times[name]) * 1e6 for name in names[:2])
        ratios = peer / ours
        rows.append(
            {
                "what": f"{shape.what}: {shape.cell} {shape.hidden} x {shape.directions}, batch {shape.batch}",
                "ours": float(np.median(ours)),
                "peer": float(np.median(peer)),
                "peer_name": names[1],
                "ratio": float(np.median(ratios)),
                "ratio_of_fastest": float(peer.min() / ours.min()),
                "spread": [float(np.quantile(ratios, q)) for q in (0.1, 0.9)],
            }
        )
        row = rows[-1]
        print(
            f"{row['what']:60} {names[0]} {row['ours']:7.0f} µs (least {ours.min():6.0f})  "
            f"{names[1]} {row['peer']:7.0f} µs (least {peer.min():6.0f})  "
            f"ratio {row['ratio']:5.2f} (of the least {row['ratio_of_fastest']:5.2f})",
            flush=True,
        )
    if options.out:
        result = {"machine": machine(), "threads": options.threads, "rows": rows}
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
