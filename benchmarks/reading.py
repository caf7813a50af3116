"""How long it takes to look inside one text: the lesson's networks on texts of fifty words.

    python benchmarks/reading.py

Weights are those that training begins with, which cost as much as any. ``read`` is ``model.read``, ``gates`` the same
with states and gates, ``json`` everything as a JSON document, ``attribution`` integrated gradients and occlusion.
Results: benchmarks/results/reading.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recurra.bench.machine import machine
from recurra.bundle import Bundle
from recurra.inspection import attribute, read
from recurra.lesson.run import MODELS
from recurra.networks.initial import initial_weights
from recurra.presets import load_preset
from recurra.runtime import Model
from recurra.text import Labels, TextPipeline

RESULTS = Path(__file__).parent / "results"
WORDS, TEXTS, PAD_TO = 50, 30, 52


def milliseconds(work: Callable[[str], object], texts: list[str]) -> float:
    """The median over texts, the first left out."""
    times = []
    for text in texts:
        begin = time.perf_counter()
        work(text)
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RESULTS / "reading.json")
    options = parser.parse_args()

    generator = np.random.default_rng(0)
    vocabulary = [f"word{number}" for number in range(5_000)]
    texts = [" ".join(generator.choice(vocabulary, WORDS)) for _ in range(TEXTS)]
    rows = []
    for name in MODELS:
        preset = load_preset(f"lesson/{name}")
        pipeline = TextPipeline.learn(texts, preset.text.replace(field="all", vocabulary_from="all"))
        bundle = Bundle(
            text=pipeline.settings,
            network=preset.network,
            vocabulary=pipeline.vocabulary,
            labels=Labels(("World", "Sports", "Business", "Sci/Tech")),
            pad_to=None if preset.network.masked else PAD_TO,
            tensors=initial_weights(preset.network, rows=pipeline.rows, classes=4, seed=0),
            record={},
        )
        model = Model(bundle)
        ways: dict[str, Callable[[str], object]] = {
            "read": model.read,
            "gates": lambda text, model=model: model.read(text, gates=True),  # type: ignore[misc]
            "json": lambda text, model=model: json.dumps(read(model, text, name="m", gates=True)),  # type: ignore[misc]
            "attribution": lambda text, bundle=bundle: attribute(bundle, text),  # type: ignore[misc]
        }
        rows.append({"preset": f"lesson/{name}", **{way: milliseconds(work, texts) for way, work in ways.items()}})
        print(rows[-1], flush=True)
    result = {"command": "python benchmarks/reading.py", "machine": machine(), "words": WORDS, "rows": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
