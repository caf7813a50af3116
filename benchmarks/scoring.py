"""Rows a second and peak memory of ``recurra score`` on short headlines, which Linux tells of the whole process.

    python benchmarks/scoring.py                   # into benchmarks/results/scoring.json
    taskset -c 1 python benchmarks/scoring.py --rows 1000000 --kinds .csv .txt .parquet

The headlines are eight words drawn by Zipf's law from 20,000; the models have the lesson's shapes and random weights,
which take as long to compute as trained ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recurra.bench.machine import machine
from recurra.bundle import Bundle, write_bundle
from recurra.networks.shapes import weight_shapes
from recurra.presets import load_preset
from recurra.text import Labels, TextPipeline, Vocabulary

PRESETS = ("lesson/simple-rnn-titles", "lesson/lstm")
WORDS = tuple(f"{'abcdefghijklmnopqrst'[n % 20]}{n:x}" for n in range(19_998))


def write_model(preset: str, path: Path, words: Sequence[str] = WORDS, *, masked: bool | None = None) -> None:
    """Writes a model of random weights; ``masked`` reads each text as long as it is."""
    settings = load_preset(preset)
    network, text = settings.network, settings.text.replace(first_words=None)
    network = network if masked is None else network.replace(masked=masked)
    rows = TextPipeline(text, Vocabulary(words)).rows
    labels = Labels(("Business", "Sci/Tech", "Sports", "World"))
    generator = np.random.default_rng(0)
    shapes = weight_shapes(network, rows=rows, classes=len(labels))
    tensors = {name: generator.uniform(-0.2, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    pad_to = None if network.masked else 8
    bundle = Bundle(
        text=text,
        network=network,
        vocabulary=Vocabulary(words),
        labels=labels,
        pad_to=pad_to,
        tensors=tensors,
        record={},
    )
    write_bundle(bundle, path)


def write_rows(folder: Path, rows: int) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    generator = np.random.default_rng(0)
    often = 1 / np.arange(1, len(WORDS) + 1)
    words, at_once = np.array(WORDS), 100_000
    schema = pa.schema({"id": pa.int64(), "text": pa.string()})
    with (
        (folder / "rows.csv").open("w") as table,
        (folder / "rows.txt").open("w") as lines,
        parquet.ParquetWriter(folder / "rows.parquet", schema) as columns,
    ):
        table.write("id,text\n")
        for first in range(0, rows, at_once):
            chosen = generator.choice(words, (min(at_once, rows - first), 8), p=often / often.sum())
            texts = [" ".join(some) for some in chosen.tolist()]
            table.writelines(f"{first + place},{text}\n" for place, text in enumerate(texts))
            lines.writelines(f"{text}\n" for text in texts)
            columns.write_table(pa.table([range(first, first + len(texts)), texts], schema=schema))


# The peak of the process itself: what getrusage tells of a child counts the memory of the parent it was forked from.
CODE = """
import re, sys
from pathlib import Path
from recurra.cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


def score(model: Path, data: Path, out: Path) -> dict[str, object]:
    keep = [] if data.suffix == ".txt" else ["--keep", "id", "--text", "text"]
    words = ["score", str(model), str(data), "--out", str(out), "--json", *keep]
    ran = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    return {
        "model": model.stem,
        "data": data.suffix,
        "out": out.suffix,
        "rows": found["rows"],
        "seconds": round(found["seconds"], 2),
        "rows_per_second": round(found["docs_per_second"]),
        "peak_megabytes": round(int(ran.stderr) / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--kinds", nargs="+", default=[".csv", ".txt", ".parquet"])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "scoring.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder, options.rows)
        found = []
        for preset in PRESETS:
            model = folder / f"{preset.rpartition('/')[2]}.safetensors"
            write_model(preset, model)
            for kind in options.kinds:
                out = folder / f"answers{'.parquet' if kind == '.parquet' else '.csv'}"
                found.append(score(model, folder / f"rows{kind}", out))
                print(found[-1], flush=True)
    command = f"python benchmarks/scoring.py --rows {options.rows} --kinds {' '.join(options.kinds)}"
    options.out.write_text(json.dumps({"command": command, "machine": machine(), "rows": found}, indent=1) + "\n")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
