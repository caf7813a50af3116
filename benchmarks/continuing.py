"""What training that goes on from a model learns of new rows, and what it forgets of old ones.

    python benchmarks/continuing.py

TREC-6's training rows, a fifth held out to test on; no test set is read. The others are cut into old and new rows twice:
at random, and by class (the old rows have four of the six classes, the new ones the other two). The first model learns
from the old rows alone; then it goes on with the new ones in several ways.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.bundle import Bundle
from recurra.data.read import read_table
from recurra.data.split import hold_out
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
LATE_CLASSES = ("LOC", "NUM")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "continuing.json")
    options = parser.parse_args()
    table = read_table(options.data_dir / "trec6" / "train.csv")
    documents, labels = table.documents, table.labels or []
    kept, held = hold_out(list(labels), share=0.2, limit=len(labels), seed=0)
    late = np.array([labels[row] in LATE_CLASSES for row in kept])
    half = np.random.default_rng(0).random(len(kept)) < 0.5
    preset = load_preset("default")
    runs = []
    for cut, is_new in (("at random", half), ("by class", late)):
        old_rows, new_rows = kept[~is_new], kept[is_new]
        test_new = [row for row in held if labels[row] in LATE_CLASSES] if cut == "by class" else []
        test_old = [row for row in held if row not in set(test_new)]
        for seed in range(options.seeds):

            def trained(
                rows: Any, *, initial: Bundle | None = None, rate: float | None = None, seed: int = seed
            ) -> Bundle:
                changes = {"seed": seed} if rate is None else {"seed": seed, "learning_rate": rate}
                one = preset.with_options(changes)
                return fit(
                    [documents[row] for row in rows],
                    [labels[row] for row in rows],
                    text=one.text if initial is None else initial.text,
                    network=one.network if initial is None else initial.network,
                    training=one.training,
                    initial=initial,
                ).bundle

            def told(way: str, bundle: Bundle, cut: str = cut, seed: int = seed) -> None:
                scores = {}
                for name, rows in (("old", test_old), ("new", test_new)):
                    if rows:
                        said = Model(bundle).predict([documents[row] for row in rows])
                        scores[name] = float(np.mean(said == np.array([labels[row] for row in rows])))
                runs.append({"cut": cut, "way": way, "seed": seed, "rows": len(held), **scores})
                print(runs[-1], flush=True)

            first = trained(old_rows)
            told("the first model", first)
            told("new rows", trained(new_rows, initial=first))
            told("new rows, a tenth of the learning rate", trained(new_rows, initial=first, rate=2e-4))
            draw = np.random.default_rng(seed).permutation(len(old_rows))[: len(new_rows)]
            told("new rows and as many old ones", trained([*new_rows, *old_rows[draw]], initial=first))
            told("all rows, from the beginning", trained(kept))
    command = "python benchmarks/continuing.py" + (f" --seeds {options.seeds}" if options.seeds != 3 else "")
    result = {"command": command, "machine": machine(), "seeds": options.seeds, "runs": runs}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
