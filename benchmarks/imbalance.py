"""What class weights, a balanced sampler and focal loss do where classes are of unequal size.

    python benchmarks/imbalance.py

Two sets: documents made here, of five classes from 3,000 rows down to 24, and surnames by nationality (18 classes from
7,472 rows to 57). A fifth of the training rows of each is held out and tested on; no test set is read.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.data.read import read_table
from recurra.data.split import hold_out
from recurra.evaluation import evaluate
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
SIZES = (3000, 1000, 300, 80, 24)
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "class_weights = balanced": {"class_weights": "balanced"},
    "sampler = balanced": {"sampler": "balanced"},
    "loss = focal": {"loss": "focal"},
    "loss = focal, class_weights = balanced": {"loss": "focal", "class_weights": "balanced"},
}


def made_rows() -> tuple[list[str], list[str]]:
    """Documents of eight words: two in three say nothing, the others tell the class four times out of five."""
    generator = np.random.default_rng(0)
    texts, labels = [], []
    for place, size in enumerate(SIZES):
        for _ in range(size):
            words = []
            for _ in range(8):
                about = place if generator.random() < 0.8 else int(generator.integers(len(SIZES)))
                says = generator.random() < 1 / 3
                words.append(f"c{about}w{generator.integers(60)}" if says else f"w{generator.zipf(1.5) % 500}")
            texts.append(" ".join(words))
            labels.append(f"{size} rows")
    return texts, labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "imbalance.json")
    options = parser.parse_args()
    names = read_table(options.data_dir / "names_nationality" / "train.csv")
    sets = {
        "made documents": (*made_rows(), {"model": "default", "epochs": 6, "hidden": 32}),
        "surnames": (names.documents, names.labels or [], {"model": "characters", "epochs": 6}),
    }
    runs = []
    for name, (documents, labels, settings) in sets.items():
        preset = load_preset(settings["model"])
        kept, held = hold_out(list(labels), share=0.2, limit=len(labels), seed=0)
        for way, changes in WAYS.items():
            for seed in range(options.seeds):
                changed = {
                    **{k: v for k, v in settings.items() if k != "model"},
                    **changes,
                    "calibrate": False,
                    "seed": seed,
                }
                one = preset.with_options(changed)
                fitted = fit([documents[row] for row in kept], [labels[row] for row in kept], recipe=one)
                model = Model(fitted.bundle)
                targets = fitted.bundle.labels.encode([labels[row] for row in held])
                found = evaluate(
                    model.predict_proba([documents[row] for row in held]), targets, model.classes_, class_numbers=True
                )
                rare = np.argsort([score.support for score in found.classes], kind="stable")[
                    : len(found.classes) // 3 + 1
                ]
                runs.append(
                    {
                        "set": name,
                        "way": way,
                        "seed": seed,
                        "accuracy": found.accuracy,
                        "macro_f1": found.macro_f1,
                        "ece": found.ece,
                        "rare_recall": float(np.mean([found.classes[place].recall for place in rare])),
                        "rows": len(held),
                    }
                )
                print(runs[-1], flush=True)
    command = "python benchmarks/imbalance.py" + (f" --seeds {options.seeds}" if options.seeds != 3 else "")
    result = {"command": command, "machine": machine(), "seeds": options.seeds, "runs": runs}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
