"""`recurra check FILE`, then `recurra train FILE` with nothing but the file, on seven sets.

    python benchmarks/own_files.py                         # all seven; RECURRA_DATA says where they lie
    python benchmarks/own_files.py --sets trec6 --seeds 1  # some, into the same file of results
    python benchmarks/own_files.py --keep-baselines        # those measured before, which a change of ours leaves alone

The commands are those that a user types; the rows are trained on as they are, whatever the check finds. Beside them
stand linear models and fastText on the same rows; their settings are chosen on a part of the training rows, and the
test rows choose nothing. Beside the scores there is what may explain them: words of the test rows that the
vocabulary lacks, the accuracy on rows with and without such, and on texts whose tokens stand in random order.
So that seconds can be compared with those of other machines, `recurra train` with lesson/lstm on AG News is timed too.
Results: benchmarks/results/own_files.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from own_files_baselines import all_baselines

import recurra
from recurra.bench.machine import machine
from recurra.evaluation.intervals import wilson
from recurra.evaluation.metrics import calibration_error
from recurra.runtime import Model
from recurra.text.vocabulary import UNKNOWN_ID

RESULTS = Path(__file__).parent / "results" / "own_files.json"
SETS = {
    "trec6": "TREC-6, questions by what they ask for",
    "sst2": "SST-2, sentences of film reviews",
    "banking77": "Banking77, requests to a bank",
    "names_nationality": "surnames by nationality",
    "thucnews_titles_zh": "THUCNews, Chinese headlines",
    "langid_django": "Django's translations by language",
    "agnews": "AG News, 58,337 of 120,000 training rows",
}
# Where words make no sense, fastText gets characters as well.
FASTTEXT_BY = {
    "names_nationality": ("words", "characters"),
    "thucnews_titles_zh": ("words", "apart"),
    "langid_django": ("words", "characters"),
}


def command(*words: object) -> dict[str, Any]:
    """What a command answers as JSON."""
    ran = subprocess.run(
        [sys.executable, "-m", "recurra", *map(str, words), "--json"], capture_output=True, text=True, check=True
    )
    return dict(json.loads(ran.stdout))


def processor_seconds() -> float:
    """Of all commands that have ended; unlike the clock's, they hardly depend on what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows_of(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # A title and a description are read as one text.
    texts = [" ".join(value for name, value in row.items() if name != "label") for row in rows]
    return texts, [row["label"] for row in rows]


def one_run(folder: Path, out: Path, seed: int, test: tuple[list[str], list[str]]) -> dict[str, Any]:
    """A model of the training file, scored on the test file."""
    before, began = processor_seconds(), time.perf_counter()
    trained = command("train", folder / "train.csv", "--out", out, "--seed", seed, "--quiet", "--no-baseline")
    spent, wall = processor_seconds() - before, time.perf_counter() - began
    scores = command("evaluate", trained["model"], folder / "test.csv")
    model = recurra.load(trained["model"])
    return {
        "seed": seed,
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "log_loss": scores["log_loss"],
        "ece": scores["ece"],
        "ece_if_calibrated": ece_if_calibrated(model.predict_proba(test[0])),
        "seconds": spent,
        "wall_seconds": wall,
        "bytes": Path(trained["model"]).stat().st_size,
        "documents_per_second": documents_per_second(model, test[0]),
        "training_wall_seconds": trained["seconds"],
        "epochs": trained["epochs"],
        "best_epoch": trained["best_epoch"],
        "parameters": trained["parameters"],
        "tokens": model.bundle.text.tokens,
        "branch": model.record.get("branch"),
        "reason": model.record["tokens"]["reason"],
        **why(model, *test),
    }


def documents_per_second(model: Model, texts: list[str], passes: int = 5) -> float:
    """How many texts are turned into labels, the median of some passes after a first one."""
    model.predict(texts)
    speeds = []
    for _ in range(passes):
        began = time.perf_counter()
        model.predict(texts)
        speeds.append(len(texts) / (time.perf_counter() - began))
    return float(np.median(speeds))


def why(model: Model, texts: list[str], labels: list[str]) -> dict[str, float]:
    """What may explain a score: unknown tokens, and how much depends on their order."""
    ids = model.bundle.pipeline.encode(texts)
    unknown = np.array([bool((ids[row] == UNKNOWN_ID).any()) for row in range(len(texts))])
    right = np.asarray(model.predict(texts)).astype(str) == np.array(labels)
    generator = np.random.default_rng(0)
    joint = " " if model.bundle.text.tokens == "words" else ""
    tokens = [model.bundle.pipeline.tokens(text) for text in texts]
    mixed = [joint.join(found[place] for place in generator.permutation(len(found))) for found in tokens]
    return {
        "unknown_tokens": float(np.mean(ids.values == UNKNOWN_ID)),
        "rows_with_unknown": float(unknown.mean()),
        "accuracy_with_unknown": float(right[unknown].mean()) if unknown.any() else float("nan"),
        "accuracy_without_unknown": float(right[~unknown].mean()) if (~unknown).any() else float("nan"),
        "accuracy_shuffled": float(np.mean(np.asarray(model.predict(mixed)).astype(str) == np.array(labels))),
    }


def ece_if_calibrated(probabilities: np.ndarray[Any, Any]) -> float:
    """90th percentile of the ECE that a perfectly calibrated model with these probabilities, [B, C], would have.

    In each of 1,000 draws the right class of every row is drawn from the row's probabilities. The ECE asks only whether
    it is the top class, which it is with the top probability.
    """
    top = probabilities.max(axis=1).astype(np.float64)
    generator = np.random.default_rng(0)
    return float(np.quantile([calibration_error(top, generator.random(len(top)) < top) for _ in range(1000)], 0.9))


def yardstick(folder: Path) -> float:
    """Wall seconds of `recurra train` with lesson/lstm on AG News, by which other machines' seconds are scaled."""
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        command(
            "train", folder / "train.csv", "--model", "lesson/lstm", "--out", Path(place) / "run", "--quiet",
            "--no-baseline",
        )  # fmt: skip
        return time.perf_counter() - began


def checked(folder: Path) -> dict[str, Any]:
    """What the check finds in the training and the test file, and its seconds."""
    before = processor_seconds()
    report = command("check", folder / "train.csv", "--test", folder / "test.csv")
    findings = [{key: one[key] for key in ("severity", "kind", "part", "count")} for one in report["findings"]]
    return {"findings": findings, "seconds": processor_seconds() - before}


def one_set(
    name: str, about: str, folder: Path, seeds: int, python: Path | None, known: list[dict[str, Any]] | None
) -> dict[str, Any]:
    train, test = rows_of(folder / "train.csv"), rows_of(folder / "test.csv")
    answers = np.array(test[1], dtype=object)
    looked_at, runs = checked(folder), []
    print(name, looked_at, flush=True)
    with tempfile.TemporaryDirectory() as place:
        for seed in range(seeds):
            runs.append(one_run(folder, Path(place) / str(seed), seed, test))
            print(name, runs[-1], flush=True)
    baselines = list(known or [])
    ways = FASTTEXT_BY.get(name, ("words",))
    for found in () if known is not None else all_baselines(*train, test[0], fasttext_by=ways, python=python):
        accuracy = float(np.mean(np.array(found.labels, dtype=object) == answers))
        baselines.append(
            {
                "name": found.name,
                "settings": found.settings,
                "chosen_on": found.chosen_on,
                "accuracy": accuracy,
                "interval": list(wilson(round(accuracy * len(answers)), len(answers))),
                "seconds": found.seconds,
            }
        )
        print(name, baselines[-1], flush=True)
    middle = sorted(run["accuracy"] for run in runs)[len(runs) // 2]
    return {
        "name": name,
        "about": about,
        "train_rows": len(train[0]),
        "test_rows": len(test[0]),
        "classes": len(set(train[1])),
        "check": looked_at,
        "runs": runs,
        "accuracy": middle,
        "interval": list(wilson(round(middle * len(answers)), len(answers))),
        "baselines": baselines,
        "machine": machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--peers-python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--keep-baselines", action="store_true", help="take those of the file of results, or none")
    options = parser.parse_args()
    python = options.peers_python if options.peers_python.exists() else None
    if python is None:
        print(f"There is no {options.peers_python}: fastText is left out (make peers).")
    lesson = yardstick(options.data_dir / "agnews")
    print(f"lesson/lstm on AG News, 58,337 of 120,000 training rows: {lesson:.0f} s", flush=True)
    for name in options.sets.split(","):
        # Read and written set by set, so that a long run can be made in pieces.
        result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"sets": {}}
        known = result["sets"].get(name, {}).get("baselines", []) if options.keep_baselines else None
        found = one_set(name, SETS[name], options.data_dir / name, options.seeds, python, known)
        result["command"] = "python benchmarks/own_files.py"
        result["lesson_lstm_seconds"] = lesson
        result["sets"] = {
            one: {**result["sets"], name: found}[one] for one in SETS if one in {**result["sets"], name: found}
        }
        RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
