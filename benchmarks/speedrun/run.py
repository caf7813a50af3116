"""From a CSV on disk to 92 % of AG News' test rows: how long does it take? README.md has the rules.

python benchmarks/speedrun/run.py --choose        # accuracy on held-out training rows; the test rows are not read
python benchmarks/speedrun/run.py                 # an entry: five seeds, then the test rows, once
python benchmarks/speedrun/run.py --device cpu --take 600 --take-test 300 --seeds 1
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

from gpu_parts import (
    WARM_UP,
    Timed,
    accuracy,
    agnews,
    documents_and_labels,
    parser_for,
    run,
    spread,
    trained,
    without,
    written,
)

from recurra.bundle import write_bundle
from recurra.presets import Recipe, load_preset

TARGET = 0.92
HELD, CHOOSING_SEEDS = 5_000, (100, 101, 102)


def settings_in(preset: Recipe) -> dict[str, Any]:
    """All that a recipe says, and what it leaves as it is by default."""
    return {name: getattr(preset, name).to_dict() for name in ("text", "network", "training")}


def choose(preset: Recipe, rows: Any, options: Any) -> dict[str, Any]:
    """How a recipe fares on rows held out of the training rows."""
    kept, held = without(rows, min(HELD, len(rows[0]) // 5), seed=0)
    scores, seconds = [], []
    for seed in CHOOSING_SEEDS[: options.seeds]:
        one = trained(preset.with_options({"seed": seed}), kept, options.device)
        scores.append(accuracy(one.fitted, held))
        seconds.append(one.seconds + one.preparing)
        print(f"seed {seed}: {seconds[-1]:.2f} s, {scores[-1]:.2%} of {len(held[0]):,} held-out rows", flush=True)
    return {"held_out_accuracy": spread(scores), "seconds": spread(seconds)}


def entry(preset: Recipe, options: Any) -> dict[str, Any]:
    """Trains every seed against the clock, and only then reads the answers."""
    found: list[Timed] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            began = time.perf_counter()
            rows = documents_and_labels(agnews(options).train)
            found.append(trained(preset.with_options({"seed": seed}), rows, options.device))
            write_bundle(found[-1].fitted.bundle, Path(folder) / f"{seed}.safetensors")
            seconds.append(time.perf_counter() - began)
            print(f"seed {seed}: {seconds[-1]:.2f} s", flush=True)
    test = documents_and_labels(agnews(options).test)
    scores = [accuracy(one.fitted, test) for one in found]
    return {
        "seconds": spread(seconds),
        "training_seconds": spread([one.seconds for one in found]),
        "test_accuracy": spread(scores),
        "target": TARGET,
        "reached": float(np.median(scores)) >= TARGET,
    }


def main() -> None:
    parser = parser_for(__doc__, "speedrun")
    parser.add_argument("--recipe", default=str(Path(__file__).parent / "recipe.toml"))
    parser.add_argument("--choose", action="store_true", help="look at held-out training rows instead of the test rows")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the recipe")
    options = parser.parse_args()
    preset = load_preset(options.recipe)
    if options.set:
        from recurra.cli.train import settings_of

        preset = preset.with_options(settings_of(options.set))
    data = agnews(options)
    rows = documents_and_labels(data.train)
    # Starting up is not timed: kernels are compiled and loaded on the first rows.
    trained(preset.with_options({"epochs": 1}), tuple(part[:WARM_UP] for part in rows), options.device)
    result: dict[str, Any] = {"recipe": settings_in(preset), "rows": data.rows_phrase}
    if options.choose:
        print(choose(preset, rows, options))
        return
    result |= entry(preset, options)
    score, taken = result["test_accuracy"], result["seconds"]
    print(
        f"| {taken['median']:.2f} s ({taken['lowest']:.2f}–{taken['highest']:.2f}) "
        f"| {score['median']:.2%} ({score['lowest']:.2%}–{score['highest']:.2%}) "
        f"| {'yes' if result['reached'] else 'no'} | {data.rows_phrase} |"
    )
    written(result, options)


if __name__ == "__main__":
    run(main)
