"""Writes tests/fixtures/keras: what Keras computes, for tests that hold Recurra to it. See README.md beside this file.

Usage: ``python benchmarks/keras/make_fixtures.py DATA`` in an environment made from requirements.txt, where DATA is
the folder with langid_django/train.csv and thucnews_titles_zh/train.csv.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

# Before TensorFlow is imported: the CPU alone and no other sum order than its plain kernels'.
os.environ.update(CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="2")

import initialisers
import tensorflow as tf
import texts
import training
from networks import PRESETS, Shape

FOLDER = Path(__file__).parents[2] / "tests" / "fixtures" / "keras"
SEED = 20


def main(data: Path) -> None:
    """Writes every fixture; the same versions on the same kind of machine give the same files."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    FOLDER.mkdir(parents=True, exist_ok=True)
    shapes = [Shape.read(preset) for preset in PRESETS]
    runs = {}
    for shape in shapes:
        runs[shape.preset] = training.make(shape, FOLDER, seed=SEED)
        print(shape.preset, runs[shape.preset])
    _write("training.json", {"versions": training.versions(), "presets": runs})
    _write("initialisers.json", {shape.preset: initialisers.make(shape, seed=SEED) for shape in shapes})
    _write("odd_texts.json", texts.odd_texts(seed=SEED), indent=None)
    _write("real_text_hashes.json", texts.real_hashes(data))


def _write(name: str, content: Any, *, indent: int | None = 1) -> None:
    (FOLDER / name).write_text(json.dumps(content, indent=indent, ensure_ascii=True) + "\n", encoding="ascii")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python benchmarks/keras/make_fixtures.py DATA")
    main(Path(sys.argv[1]))
