"""Makes tests/fixtures/fasttext again: small models of fastText's own, and the vectors that it gives for words.

    python3.11 -m venv /tmp/fasttext && /tmp/fasttext/bin/pip install fasttext-wheel==0.9.2 "numpy<2"
    /tmp/fasttext/bin/python benchmarks/fasttext_fixtures.py

The package is the authors' own code. (Vectors of fasttext-community 0.11.9 are the same divided by their lengths.) The
texts and weights are made up: training leaves others each time, since it needs ten threads to initialise all weights.
"""

from __future__ import annotations

import struct
import sys
import tempfile
from pathlib import Path

import fasttext
import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "fasttext"

KNOWN = ["a", "in", "oil", "price", "prices", "naïve", "été", "Köln", "東京", "京", "привет", "👍🏽", "don't", "x" * 60]
UNKNOWN = [
    "",
    "q",
    "oils",
    "pricey",
    "ÉTÉ",
    "東",
    "приветы",
    "👍",
    "two words",
    "tab\there",
    "</s>",
    "<",
    ">",
    "a\0b",
    "y" * 300,
]
SETTINGS = {
    "skipgram": {"minn": 2, "maxn": 4},
    "whole_words": {"minn": 0, "maxn": 0},
    "short": {"minn": 1, "maxn": 2},
}


def rows(count: int) -> list[str]:
    """Made-up rows of the known words, the first ones more often."""
    draw = np.random.default_rng(5)
    weights = 1 / np.arange(1, len(KNOWN) + 1)
    return [" ".join(draw.choice(KNOWN, 8, p=weights / weights.sum())) for _ in range(count)]


def as_text(model: fasttext.FastText._FastText, path: Path) -> None:
    """The .vec file that fastText's command would write: five digits, a space at the end of each line."""
    words = model.get_words()
    lines = [" ".join([word, *(f"{x:.5g}" for x in model.get_word_vector(word))]) + " \n" for word in words]
    path.write_text(f"{len(words)} {model.get_dimension()}\n{''.join(lines)}", encoding="utf-8")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    words, given, draw = [*KNOWN, *UNKNOWN], {}, np.random.default_rng(5)
    common = {"dim": 5, "bucket": 300, "minCount": 1, "epoch": 2, "thread": 12, "verbose": 0}
    with tempfile.TemporaryDirectory() as folder:
        plain, labelled = Path(folder, "plain.txt"), Path(folder, "labelled.txt")
        plain.write_text("\n".join(rows(200)), encoding="utf-8")
        labelled.write_text("\n".join(f"__label__{i % 2} {row}" for i, row in enumerate(rows(200))), encoding="utf-8")
        models = {name: fasttext.train_unsupervised(str(plain), **common, **set_) for name, set_ in SETTINGS.items()}
        models["supervised"] = fasttext.train_supervised(str(labelled), **common, minn=3, maxn=5, wordNgrams=2)
        for name, model in models.items():
            shapes = model.get_input_matrix().shape, model.get_output_matrix().shape
            model.set_matrices(*(draw.normal(size=shape).astype(np.float32) for shape in shapes))
            model.save_model(str(FOLDER / f"{name}.bin"))
        as_text(models["skipgram"], FOLDER / "skipgram.vec")
        for name, cutoff in (("quantized", 0), ("pruned", 256)):
            model = fasttext.load_model(str(FOLDER / "supervised.bin"))
            model.quantize(cutoff=cutoff, retrain=False)
            model.save_model(str(FOLDER / f"{name}.ftz"))

        # Of version 11 only the number differs; fastText then leaves a classifier's character n-grams out.
        for name in ("skipgram", "supervised"):
            content = (FOLDER / f"{name}.bin").read_bytes()
            Path(folder, f"{name}_11.bin").write_bytes(content[:4] + struct.pack("<i", 11) + content[8:])
        paths = {path.stem: path for path in [*FOLDER.glob("*.bin"), *Path(folder).glob("*.bin")]}
        for name, path in sorted(paths.items()):
            model = fasttext.load_model(str(path))
            given[name] = np.stack([model.get_word_vector(word) for word in words])
            given[f"{name}_known"] = np.array([model.get_word_id(word) >= 0 for word in words])
    given["words"] = np.frombuffer("\n".join(words).encode(), dtype=np.uint8)
    np.savez_compressed(FOLDER / "vectors.npz", **given)
    sys.stdout.write(f"{sum(path.stat().st_size for path in FOLDER.iterdir()):,} bytes in {FOLDER}\n")


if __name__ == "__main__":
    main()
