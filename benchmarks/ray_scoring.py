"""Rows a second of ``recurra score --ray`` with one worker and with more, beside ``recurra score`` alone.

    python benchmarks/ray_scoring.py              # into benchmarks/results/ray_scoring.json
    python benchmarks/ray_scoring.py --rows 200000 --files 8 --workers 1 2 --out /tmp/small.json

The rows are AG News' training texts over and over, in Parquet files; the model has the shape of the lesson's LSTM,
random weights and the 20,000 most frequent words of these texts, and reads each text to its end. In turn: one
file of all rows with ``score``, then the folder with each number of workers. Each row is looked for in the end: every
id once, with the label and the probability that ``score`` alone gave it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from scoring import write_model

from recurra.bench.machine import machine
from recurra.data.datasets import load_dataset

PRESET = "lesson/lstm"
VOCABULARY = 20_000
KEPT = ["--text", "text", "--keep", "id"]


def write_rows(folder: Path, texts: list[str], rows: int, files: int) -> None:
    """The same rows as files of a folder and as one file; each file a row group."""
    import pyarrow as pa
    from pyarrow import parquet

    column = pa.array(texts, pa.large_string())
    schema = pa.schema({"id": pa.int64(), "text": pa.large_string()})
    (folder / "lake").mkdir()
    ends = [rows * number // files for number in range(files + 1)]
    with parquet.ParquetWriter(folder / "whole.parquet", schema) as whole:
        for number, (first, end) in enumerate(pairwise(ends)):
            places = pa.array(range(first, end), pa.int64())
            taken = column.take(pa.array([place % len(texts) for place in range(first, end)]))
            table = pa.table([places, taken], schema=schema)
            whole.write_table(table, row_group_size=len(table))
            parquet.write_table(table, folder / "lake" / f"{number:03d}.parquet", row_group_size=max(1, len(table)))


def score(folder: Path, name: str, *words: str) -> dict[str, Any]:
    """Runs a command; the load is how many programs wanted a processor before it began."""
    load, began = os.getloadavg()[0], time.perf_counter()
    command = [sys.executable, "-m", "recurra", "score", "model.safetensors", *words, *KEPT, "--json"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{' '.join(command)}: {ran.stderr}")
    seconds, told = time.perf_counter() - began, json.loads(ran.stdout)
    return {
        "name": name,
        "rows": told["rows"],
        "seconds": round(seconds, 1),
        "rows_per_second": round(told["rows"] / seconds),
        "load_before": round(load, 1),
        "files_of_answers": told.get("files_of_answers", 1),
    }


def check_rows(out: Path, alone: Path, rows: int) -> None:
    """Ends the program unless each id is there once, with the answer that ``score`` alone gave it."""
    import pyarrow as pa
    from pyarrow import parquet

    whole = parquet.read_table(alone)
    found = pa.concat_tables([parquet.read_table(path) for path in out.glob("*.parquet")]).sort_by("id")
    if whole["id"].to_pylist() != list(range(rows)):
        sys.exit(f"{alone} has not each row once")
    for column in whole.column_names:
        if not found[column].combine_chunks().equals(whole[column].combine_chunks()):
            sys.exit(f"{out} has other values of {column}, or other rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--files", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--data-dir", type=Path, help="The folder of data sets.")
    parser.add_argument("--folder", type=Path, help="Where the files lie; a temporary folder if not given.")
    parser.add_argument("--note", default="", help="What else the machine did, for the result.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "ray_scoring.json")
    options = parser.parse_args()
    documents = load_dataset("agnews", data_dir=options.data_dir, say=print).train.documents
    texts = [" ".join(document) if isinstance(document, tuple) else document for document in documents]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        counted = Counter(word for text in texts for word in re.findall(r"[a-z']+", text.lower()))
        words = sorted(word for word, _ in counted.most_common(VOCABULARY - 2))
        write_model(PRESET, folder / "model.safetensors", words, masked=True)
        write_rows(folder, texts, options.rows, options.files)
        sizes = [path.stat().st_size for path in (folder / "lake").iterdir()]
        # Once before on few rows, which compiles what is not compiled yet; the same with Ray tells what starting takes.
        few = folder / "few"
        few.mkdir()
        shutil.copy(folder / "model.safetensors", few)
        write_rows(few, texts, 1_000, 1)
        score(few, "compile", "whole.parquet", "--out", "alone.parquet")
        starts = [
            score(few, "score", "whole.parquet", "--out", "alone.parquet")["seconds"],
            score(few, "score --ray", "lake", "--ray", "--workers", "1", "--out", "out")["seconds"],
        ]
        print(f"starts: {starts}", flush=True)
        found = [score(folder, "recurra score", "whole.parquet", "--out", "alone.parquet")]
        print(found[-1], flush=True)
        for workers in options.workers:
            ray = ["--ray", "--workers", str(workers), "--out", "out"]
            found.append({**score(folder, "recurra score --ray", "lake/*.parquet", *ray), "workers": workers})
            check_rows(folder / "out", folder / "alone.parquet", options.rows)
            shutil.rmtree(folder / "out")
            print(found[-1], flush=True)
    result = {
        "command": " ".join(["python benchmarks/ray_scoring.py", *_shown(sys.argv[1:])]),
        "machine": machine(),
        "ray": version("ray"),
        "note": options.note,
        "preset": PRESET,
        "rows": options.rows,
        "files": options.files,
        "bytes": sum(sizes),
        "start_seconds": {"score": starts[0], "score --ray": starts[1]},
        "runs": found,
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


def _shown(words: list[str]) -> list[str]:
    """The arguments that say what was measured, without where it lay and what was noted."""
    hidden = {"--data-dir", "--folder", "--note", "--out"}
    return [word for place, word in enumerate(words) if word not in hidden and words[max(0, place - 1)] not in hidden]


if __name__ == "__main__":
    main()
