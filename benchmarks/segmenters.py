"""Characters beside a segmenter's words on Chinese titles: `python benchmarks/segmenters.py --data DIR`.

Trains on a split of the training rows of thucnews_titles_zh and scores the rest of them; the test rows are not read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path

import numpy as np

from recurra.data.split import hold_out
from recurra.evaluation.intervals import wilson
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.text.segmenters import segmenter_versions
from recurra.training.fit import fit

RESULT = Path(__file__).parent / "results" / "segmenters.json"
WAYS = ("characters", "jieba")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    texts, labels = read(options.data / "thucnews_titles_zh" / "train.csv")
    kept, scored = hold_out(labels, share=0.2, limit=2_000, seed=0)
    known = [texts[row] for row in kept.tolist()], [labels[row] for row in kept.tolist()]
    new, answers = [texts[row] for row in scored.tolist()], [labels[row] for row in scored.tolist()]
    rows = []
    for tokens in WAYS:
        runs = []
        for seed in range(options.seeds):
            preset = load_preset("default").with_options({"tokens": tokens, "seed": seed})
            fitted = fit(*known, recipe=preset)
            model = Model(fitted.bundle)
            found = model.predict(new)
            accuracy = float(np.mean(found == np.asarray(answers)))
            runs.append(
                {
                    "seed": seed,
                    "accuracy": accuracy,
                    "interval": wilson(round(accuracy * len(new)), len(new)),
                    "vocabulary": len(fitted.bundle.vocabulary),
                    "parameters": model.info["parameters"]["total"],
                    "known_tokens": fitted.bundle.pipeline.coverage(new),
                    "tokens_a_title": len(fitted.bundle.pipeline.encode(new).values) / len(new),
                    "epochs": fitted.outcome.epochs,
                    "best_epoch": fitted.outcome.best_epoch,
                }
            )
            print(tokens, seed, runs[-1], flush=True)
        middle = statistics.median(run["accuracy"] for run in runs)
        rows.append({"tokens": tokens, "median": middle, "versions": segmenter_versions(tokens), "runs": runs})
    found = {
        "command": f"python benchmarks/segmenters.py --seeds {options.seeds}",
        "training_rows": len(kept),
        "scored_rows": len(scored),
        "rows": rows,
    }
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a table."""
    from recurra.data.read import read_table

    table = read_table(path)
    return [str(text) for text in table.documents], [str(label) for label in table.labels or ()]


if __name__ == "__main__":
    main()
