"""Attribution on real documents: how complete, how fast, and whether the words that it names matter.

    python benchmarks/attribution.py                   # AG News, a slice for training, 100 test documents

For each cell, in one and in two directions, a network is trained on a slice, and its answers to test documents are
explained. The share of answers that change when the words with the largest values are taken out says whether they
carry the answer; words taken out at random are the comparison. Results: benchmarks/results/attribution.json.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from recurra.batches import Ragged
from recurra.bench.machine import machine
from recurra.cells import CELLS
from recurra.data.datasets import load_dataset
from recurra.inspection.attribution import attribute
from recurra.lesson.model_results import phrase
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.runtime.compiled_network import CompiledNetwork
from recurra.training.fit import fit

RESULTS = Path(__file__).parent / "results"
# Words taken out of each document.
OUT = 3


def measured(model: Model, documents: Any, *, seed: int) -> dict[str, Any]:
    """The figures of one network."""
    bundle, generator = model.bundle, np.random.default_rng(seed)
    network = CompiledNetwork(bundle.network, bundle.tensors, pad_to=bundle.pad_to)
    errors, steps, seconds, agreement = [], [], [], []
    changed: dict[str, list[bool]] = {"integrated gradients": [], "occlusion": [], "evidence": [], "random": []}
    for document in documents:
        begin = time.perf_counter()
        found = attribute(bundle, document)
        seconds.append(time.perf_counter() - begin)
        errors.append(found.completeness_error)
        steps.append(found.steps)
        reading = model.read(document)
        ids, target = bundle.pipeline.encode([document])[0], model.bundle.labels.classes.index(found.target)
        agreement.append(np.corrcoef(found.integrated_gradients, found.occlusion)[0, 1])
        values = {
            "integrated gradients": found.integrated_gradients,
            "occlusion": found.occlusion,
            "evidence": reading.evidence[:, target],
            "random": generator.random(len(ids)),
        }
        for name, value in values.items():
            kept = np.sort(np.argsort(-value, kind="stable")[OUT:])
            logits = network.logits(Ragged(ids[kept], np.array([0, len(kept)])))
            changed[name].append(int(logits[0].argmax()) != target)
    return {
        "completeness_error": {"median": float(np.median(errors)), "largest": float(np.max(errors))},
        "steps": {"median": float(np.median(steps)), "largest": int(np.max(steps))},
        "milliseconds": {"median": 1000 * float(np.median(seconds)), "largest": 1000 * float(np.max(seconds))},
        "correlation_with_occlusion": float(np.median(agreement)),
        f"answers_changed_without_{OUT}_words": {name: float(np.mean(values)) for name, values in changed.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="agnews")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--take", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "attribution.json")
    options = parser.parse_args()

    data = load_dataset(options.dataset, data_dir=options.data_dir, take=options.take, say=print)
    documents = data.test.documents[: options.documents]
    rows: list[dict[str, Any]] = []
    for cell in CELLS:
        for both in (False, True):
            preset = load_preset("lesson/simple-rnn-masked").with_options(
                {"cell": cell, "hidden": options.hidden, "bidirectional": both, "epochs": 3, "seed": options.seed}
            )
            fitted = fit(data.train.documents, list(data.train.labels or ()), recipe=preset)  # fmt: skip
            model = Model(fitted.bundle)
            right = model.predict(data.test.documents) == np.asarray(data.test.labels)
            row = {"cell": cell, "directions": 2 if both else 1, "test_accuracy": float(np.mean(right))}
            rows.append({**row, **measured(model, documents, seed=options.seed)})
            print(rows[-1], flush=True)
    result = {
        "command": f"python benchmarks/attribution.py --dataset {data.name} --take {options.take} "
        f"--documents {options.documents} --hidden {options.hidden}",
        "machine": machine(),
        "dataset": data.title,
        "train_rows": phrase(len(data.train), data),
        "documents": f"the first {len(documents)} of {len(data.test):,} test rows",
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
