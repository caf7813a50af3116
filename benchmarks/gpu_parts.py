"""What the GPU benchmarks share: their options, the data, one training, the result file."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recurra.bench.machine import machine
from recurra.data.datasets import Dataset, load_dataset
from recurra.lesson.trained_model import documents_and_labels
from recurra.presets import Recipe
from recurra.runtime import Model
from recurra.training.fit import FitResult, fit
from recurra.training.run import RunOptions

RESULTS = Path(__file__).parent / "results"
# Rows of the training before the clock runs: it compiles and loads what the timed one needs.
WARM_UP = 2_000


@dataclass(frozen=True)
class Timed:
    """One training.

    Attributes:
        fitted: what came of it.
        preparing: seconds from documents to the first step and from the last one to the model.
        seconds: of training steps.
    """

    fitted: FitResult
    preparing: float
    seconds: float


def parser_for(doc: str | None, name: str) -> argparse.ArgumentParser:
    """A parser with the options that every GPU benchmark has."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try the benchmark out")
    parser.add_argument("--data-dir", type=Path, help="folder of agnews/train.csv and test.csv")
    parser.add_argument("--take", type=int, help="training rows, to try the benchmark out")
    parser.add_argument("--take-test", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS / f"{name}.json")
    return parser


def agnews(options: argparse.Namespace) -> Dataset:
    """The rows that the options ask for."""
    return load_dataset(
        "agnews", data_dir=options.data_dir, take=options.take, take_test=options.take_test, say=lambda line: None
    )


def trained(preset: Recipe, rows: tuple[Sequence[Any], Sequence[Any]], device: str) -> Timed:
    """Trains on documents and labels, and takes the time."""
    began = time.perf_counter()
    fitted = fit(*rows, recipe=preset, run=RunOptions(device=device))
    seconds = fitted.outcome.seconds
    return Timed(fitted, time.perf_counter() - began - seconds, seconds)


def accuracy(fitted: FitResult, rows: tuple[Sequence[Any], Sequence[Any]]) -> float:
    """The share of rows that the finished model classifies rightly, by the path that users take."""
    documents, labels = rows
    return float(np.mean(Model(fitted.bundle).predict(documents) == np.asarray(labels)))


def without(rows: tuple[Sequence[Any], Sequence[Any]], held: int, seed: int) -> tuple[Any, Any]:
    """Training rows without some that are held out, and those: what may be looked at while something is chosen."""
    documents, labels = rows
    order = np.random.default_rng(seed).permutation(len(documents)).tolist()
    # In the file's order, from whose head some vocabularies are learned.
    kept, out = sorted(order[held:]), sorted(order[:held])
    return tuple(([documents[row] for row in some], [labels[row] for row in some]) for some in (kept, out))


def written(result: dict[str, Any], options: argparse.Namespace) -> None:
    """Writes the result with the command and the machine that it comes from."""
    card = torch.cuda.get_device_name() if options.device == "cuda" else options.device
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    whole = {"command": command, "machine": machine() | {"card": card}, **result}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    return {"median": float(np.median(values)), "lowest": min(values), "highest": max(values)}


def run(main: Callable[[], None]) -> None:
    """Runs a benchmark; without the device that it needs it says so in a line."""
    try:
        main()
    except (RuntimeError, ValueError) as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")


__all__ = [
    "RESULTS",
    "WARM_UP",
    "Timed",
    "accuracy",
    "agnews",
    "documents_and_labels",
    "parser_for",
    "run",
    "spread",
    "trained",
    "without",
    "written",
]
