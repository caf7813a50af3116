"""`recurra train train.csv --model small` on AG News: test accuracy, bytes of the file, seconds.

    python benchmarks/small_model.py            # three seeds; RECURRA_DATA says where the sets lie
    python benchmarks/small_model.py --seeds 1

The commands are those that a user types. 58,337 of the 120,000 training rows lie there, with titles and descriptions;
the test rows choose nothing. Results: benchmarks/results/small_model.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from own_files import command, processor_seconds

import recurra
from recurra.bench.machine import machine

RESULTS = Path(__file__).parent / "results" / "small_model.json"


def one_run(folder: Path, out: Path, seed: int) -> dict[str, Any]:
    """A model of the training file, scored on the test file."""
    before = processor_seconds()
    trained = command(
        "train", folder / "train.csv", "--model", "small", "--out", out, "--seed", seed, "--quiet", "--no-baseline"
    )
    spent = processor_seconds() - before
    scores, model = command("evaluate", trained["model"], folder / "test.csv"), recurra.load(trained["model"])
    branch = model.bundle.branch
    return {
        "seed": seed,
        **{name: scores[name] for name in ("accuracy", "macro_f1", "log_loss", "ece")},
        "bytes": Path(trained["model"]).stat().st_size,
        "processor_seconds": spent,
        "wall_seconds": trained["seconds"],
        "epochs": trained["epochs"],
        "best_epoch": trained["best_epoch"],
        "tokens": len(model.bundle.vocabulary),
        "ngrams": len(branch.ngrams.table) if branch else 0,
        "subwords": len(branch.subwords or ()) if branch else 0,
        "branch": model.record.get("branch"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    options = parser.parse_args()
    folder = options.data_dir / "agnews"
    with tempfile.TemporaryDirectory() as place:
        runs = [one_run(folder, Path(place) / str(seed), seed) for seed in range(options.seeds)]
    found = {"machine": machine(), "runs": runs, "median_accuracy": median(run["accuracy"] for run in runs)}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
