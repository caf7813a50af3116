"""Which n-grams, which loss: the linear branch alone and beside the network, on training rows.

    python benchmarks/own_files/branch_parts.py DATA_FOLDER --sets trec6 sst2 [--seed 777]

Each set's folder has a train.csv with text and label. 15 % of its rows are kept for asking, as LOG.md says. One line of
JSON a set: accuracy and log loss there of branches with other settings, learned from all other rows; of the network
alone (`branch = false`), and of both (the preset `default`).
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import recurra
from recurra.data.split import hold_out
from recurra.evaluation.temperature import SOFTMAX, fit_temperature
from recurra.linear_branch import BranchSettings, OpenDocuments, learn_branch
from recurra.presets import load_preset

SHARE = 0.15
WORDS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "no subwords": {"subwords": 0},
    "single words": {"ngrams": 1},
    "up to three words": {"ngrams": 3},
    "subwords of up to 3": {"subwords": 3},
    "penalty 1/32": {"branch_penalty": 1 / 32},
    "penalty 1/512": {"branch_penalty": 1 / 512},
}
CHARACTERS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "up to three": {"ngrams": 3},
    "up to five": {"ngrams": 5},
    "penalty 1/32": {"branch_penalty": 1 / 32},
    "penalty 1/512": {"branch_penalty": 1 / 512},
}


def scored(logits: npt.NDArray[np.float64], targets: npt.NDArray[np.int64], *, scaled: bool) -> dict[str, float]:
    """Accuracy and log loss; the latter with the best temperature where the logits have none of their own."""
    logits = logits / fit_temperature(logits, targets) if scaled else logits
    return {
        "accuracy": float(np.mean(logits.argmax(axis=1) == targets)),
        "log_loss": SOFTMAX.scores(logits, targets)[0],
    }


def measured(path: Path, seed: int) -> dict[str, Any]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    texts, labels = [list(part) for part in zip(*rows, strict=True)]
    kept, asked = hold_out(labels, share=SHARE, seed=seed)
    known, answers = [texts[row] for row in kept], [labels[row] for row in kept]
    found: dict[str, Any] = {"rows": len(known), "asked": len(asked)}
    model: Any = None
    for name, options in (("network alone", {"branch": False}), ("network and branch", {})):
        model = recurra.TextClassifier(random_state=0, options=options).fit(known, answers)
        targets = np.array([list(model.classes_).index(labels[row]) for row in asked])
        logits = np.log(np.maximum(model.predict_proba([texts[row] for row in asked]).astype(np.float64), 1e-30))
        found[name] = scored(logits, targets, scaled=False)
    bundle = model.model_.bundle
    pipeline, read = bundle.pipeline, bundle.text.tokens
    learned, new = (OpenDocuments.of(pipeline, some) for some in (known, [texts[row] for row in asked]))
    right = SOFTMAX.indicator(np.array([list(model.classes_).index(label) for label in answers]), len(model.classes_))
    preset = load_preset("default").with_tokens(read)
    for name, changes in (CHARACTERS if read == "characters" else WORDS).items():
        settings: BranchSettings = preset.branch.replace(**changes)
        branch = learn_branch(learned, right, pipeline, settings)
        found[f"branch, {name}"] = scored(branch.logits(new), targets, scaled=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=777)
    options = parser.parse_args()
    for name in options.sets:
        print(json.dumps({"set": name} | measured(options.data / name / "train.csv", options.seed)), flush=True)


if __name__ == "__main__":
    main()
