"""What training that goes on from a model learns of new rows, and what it forgets of old ones.

    python benchmarks/continuing.py

TREC-6's training rows, a fifth held out to test on; no test set is read. The others are cut into old and new rows
twice: at random, and by class (the old rows have four of the six classes, the new ones the other two). The first model
learns from the old rows alone; then it goes on with the new ones in several ways.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.bundle import Bundle
from recurra.data.read import read_table
from recurra.data.split import hold_out
from recurra.presets import load_preset, recipe_of_model
from recurra.runtime import Model
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
LATE_CLASSES = ("LOC", "NUM")


class Halves:
    """Rows cut in two.

    Args:
        documents: of all rows.
        labels: as many.
        old: rows of the first model.
        new: rows that come later.
        tests: rows to test on, by name.
    """

    def __init__(self, documents: Any, labels: Any, old: Any, new: Any, tests: dict[str, Any]) -> None:
        self.documents, self.labels, self.old, self.new, self.tests = documents, labels, old, new, tests

    def ways(self, seed: int) -> Iterator[tuple[str, Bundle]]:
        """Each way and its model."""
        first = self._trained(self.old, seed)
        yield "the first model", first
        yield "new rows", self._trained(self.new, seed, initial=first)
        yield "new rows, a tenth of the learning rate", self._trained(self.new, seed, initial=first, rate=2e-4)
        draw = np.random.default_rng(seed).permutation(len(self.old))[: len(self.new)]
        yield "new rows and as many old ones", self._trained([*self.new, *self.old[draw]], seed, initial=first)
        yield "all rows, from the beginning", self._trained(np.sort(np.concatenate([self.old, self.new])), seed)

    def scores(self, bundle: Bundle) -> dict[str, float]:
        """Accuracy on each part of the test rows."""
        found = {}
        for name, rows in self.tests.items():
            said = Model(bundle).predict([self.documents[row] for row in rows])
            found[name] = float(np.mean(said == np.array([self.labels[row] for row in rows])))
        return found

    def _trained(self, rows: Any, seed: int, *, initial: Bundle | None = None, rate: float | None = None) -> Bundle:
        preset = load_preset("default") if initial is None else recipe_of_model(initial)
        preset = preset.with_options({"seed": seed} | ({} if rate is None else {"learning_rate": rate}))
        return fit(
            [self.documents[row] for row in rows], [self.labels[row] for row in rows], recipe=preset, initial=initial
        ).bundle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "continuing.json")
    options = parser.parse_args()
    table = read_table(options.data_dir / "trec6" / "train.csv")
    documents, labels = table.documents, np.array(table.labels)
    kept, held = hold_out(labels.tolist(), share=0.2, limit=len(labels), seed=0)
    half, late = np.random.default_rng(0).random(len(kept)) < 0.5, np.isin(labels[kept], LATE_CLASSES)
    tests = {"old": held[~np.isin(labels[held], LATE_CLASSES)], "new": held[np.isin(labels[held], LATE_CLASSES)]}
    cuts = {
        "at random": Halves(documents, labels, kept[~half], kept[half], {"all": held}),
        "by class": Halves(documents, labels, kept[~late], kept[late], tests),
    }
    runs = []
    for cut, halves in cuts.items():
        for seed in range(options.seeds):
            for way, bundle in halves.ways(seed):
                runs.append({"cut": cut, "way": way, "seed": seed, "rows": len(held), **halves.scores(bundle)})
                print(runs[-1], flush=True)
    command = "python benchmarks/continuing.py" + (f" --seeds {options.seeds}" if options.seeds != 3 else "")
    result = {"command": command, "machine": machine(), "seeds": options.seeds, "runs": runs}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
