"""Memory and seconds of ``recurra train`` and ``recurra score`` on a generated CSV of 1 GB, as Linux tells of them.

    python benchmarks/large_file.py                # into benchmarks/results/large_file.json and docs/large-files.svg
    python benchmarks/large_file.py --gigabytes 0.1 --out /tmp/small.json --picture /tmp/small.svg

The file has four classes; its words are drawn by Zipf's law, 250,000 common ones and new ones now and then, and a
class's own among them; some texts hold commas, quotes and line breaks, some are empty. A program of its own runs each
command; its memory is read ten times a second: all of it (VmRSS), what only this process has (RssAnon), and pages of
files, the mapped ids among them (RssFile).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recurra.bench.machine import machine
from recurra.text import TextPipeline, TextSettings

CLASSES = ("Business", "Sci/Tech", "Sports", "World")
WORDS, NEW, OWN = 250_000, 0.004, 60
ROWS, SEED = 20_000, 7
FEW = 2_001
EVERY = 0.1

# A small network, so that reading is not a small part of the whole; its vocabulary is counted over all training rows.
PRESET = """
about = "GRU(8) on words, for a large file"
[text]
tokens = "words"
[network]
cell = "gru"
hidden = 8
embedding = 64
[training]
epochs = 1
batch_size = 64
"""

# The modules that the two commands import, and nothing done with them.
FLOORS = {
    "train": "import recurra.cli.train, recurra.training.fit, recurra.runtime, pyarrow.csv, recurra.data.streamed",
    "score": "import recurra.cli.score, recurra.runtime, pyarrow.csv, recurra.batch_prediction.predict",
}


def rows(size: int) -> Iterator[bytes]:
    """The lines of a CSV of ``size`` bytes or a little more, some thousands at a time; always the same."""
    generator = np.random.default_rng(SEED)
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    sizes = generator.integers(2, 11, WORDS)
    drawn = letters[np.minimum(generator.geometric(0.12, int(sizes.sum())) - 1, 25)]
    ends = np.cumsum(sizes)
    words = np.array(["".join(drawn[end - n : end]) for end, n in zip(ends.tolist(), sizes.tolist(), strict=True)])
    share = np.cumsum(1 / np.arange(1, WORDS + 1))
    share /= share[-1]
    own = [generator.choice(np.arange(300, 20_000), OWN, replace=False) for _ in CLASSES]
    written, number = len(b"id,label,text\n"), 0
    yield b"id,label,text\n"
    while written < size:
        classes = generator.integers(0, len(CLASSES), ROWS)
        lengths = np.where(generator.random(ROWS) < 0.01, 0, generator.poisson(38, ROWS))
        places = np.searchsorted(share, generator.random(int(lengths.sum())))
        chance = generator.random(len(places))
        of_class = np.repeat(classes, lengths)
        mine = chance < 0.06
        places[mine] = np.array(own)[of_class[mine], generator.integers(0, OWN, int(mine.sum()))]
        chosen = words[np.minimum(places, WORDS - 1)].astype(object)
        for place in np.flatnonzero(chance > 1 - NEW).tolist():
            chosen[place] = f"n{number + place:x}"
        marks = generator.random(ROWS)
        lines, begin = [], 0
        for row, (label, length) in enumerate(zip(classes.tolist(), lengths.tolist(), strict=True)):
            some = chosen[begin : begin + length].tolist()
            text = " ".join(some)
            if length > 4 and marks[row] < 0.3:
                text = f'"{", ".join((" ".join(some[:4]), " ".join(some[4:])))}"'
                if marks[row] < 0.03:
                    text = f'"{" ".join(some[:3])}\n""{some[3]}"" {" ".join(some[4:])}"'
            lines.append(f"{number + row},{CLASSES[label]},{text}\n")
            begin += length
        number += len(places) + ROWS
        block = "".join(lines).encode()
        written += len(block)
        yield block


def write(path: Path, size: int) -> dict[str, object]:
    digest, lines = hashlib.sha256(), 0
    with path.open("wb") as file:
        for block in rows(size):
            digest.update(block)
            file.write(block)
            lines += block.count(b"\n")
    return {"bytes": path.stat().st_size, "lines": lines, "sha256": digest.hexdigest()}


def memory(process: int) -> dict[str, int]:
    """Megabytes of a running process."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return {}
    found = re.findall(r"(VmRSS|VmHWM|RssAnon|RssFile):\s+(\d+) kB", status)
    return {name: round(int(size) / 1024) for name, size in found}


def floor(command: str) -> dict[str, int]:
    code = f"{FLOORS[command]}\nfrom pathlib import Path\nprint(Path('/proc/self/status').read_text())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {
        name: round(int(size) / 1024)
        for name, size in re.findall(r"(VmRSS|VmHWM|RssAnon|RssFile):\s+(\d+) kB", ran.stdout)
    }


def passes(data: Path, text: TextSettings) -> dict[str, Any]:
    """Seconds of each way over the rows before training: of the clock, and of all processors together."""
    from recurra.data.sources import open_blocks
    from recurra.data.streamed import StreamedTable
    from recurra.presets import TrainingSettings
    from recurra.training.callbacks import Callback
    from recurra.training.prepare import labelled_rows, prepare

    found: dict[str, tuple[float, float]] = {}

    class Clock(Callback):
        def __init__(self) -> None:
            self.last = time.perf_counter(), time.process_time()

        def on_data(self, what: str, documents: int, total: int) -> None:
            now = time.perf_counter(), time.process_time()
            wall, cpu = found.get(what, (0.0, 0.0))
            found[what] = wall + now[0] - self.last[0], cpu + now[1] - self.last[1]
            self.last = now

    # Compiled and loaded before.
    TextPipeline.learn(["a"], text).encode(["a"])
    clock = Clock()
    rows = StreamedTable(open_blocks(data))
    count = len(rows)
    clock.on_data("reading labels", count, count)
    labelled = labelled_rows(rows, text, clock)
    prepare(labelled, text, TrainingSettings(), folder=data.parent, callbacks=clock)
    size = data.stat().st_size
    ways = [
        {
            "what": what,
            "seconds": round(wall, 1),
            "cpu_seconds": round(cpu, 1),
            "megabytes_per_cpu_second": round(size / 1e6 / cpu),
            "rows_per_cpu_second": round(count / cpu),
        }
        for what, (wall, cpu) in found.items()
    ]
    return {"bytes": size, "ways": ways}


def watched(words: list[str], told: Path) -> dict[str, object]:
    """Runs a command of recurra, and reads its memory meanwhile."""
    began = time.perf_counter()
    curve: list[list[float]] = []
    highest: dict[str, int] = {}
    with told.open("w+") as out:
        running = subprocess.Popen([sys.executable, "-m", "recurra", *words, "--json"], stdout=out, stderr=out)
        while running.poll() is None:
            if found := memory(running.pid):
                highest = {name: max(size, highest.get(name, 0)) for name, size in found.items()}
                point = [round(time.perf_counter() - began, 1)]
                curve.append([*point, *(found.get(name, 0) for name in ("VmRSS", "RssAnon", "RssFile"))])
            time.sleep(EVERY)
        out.seek(0)
        said = out.read()
    if running.returncode:
        sys.exit(f"{' '.join(words)}: {said}")
    # Some hundred points tell all that a picture shows.
    thin = max(1, len(curve) // 400)
    told_values = json.loads(said[said.index("{") :])
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "highest_megabytes": highest,
        "curve": curve[::thin],
        "told": {name: told_values.get(name) for name in ("rows", "seconds", "docs_per_second", "notes")},
    }


def picture(result: dict[str, Any], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "recurra"
    from matplotlib import pyplot as plt

    figure, places = plt.subplots(1, 2, figsize=(9.5, 3.4), sharey=True, layout="constrained")
    for place, command in zip(places, ("train", "score"), strict=True):
        found = result[command]
        curve = np.array(found["curve"])
        place.plot(curve[:, 0], curve[:, 1], color="#1f6feb", label="all of it")
        place.plot(curve[:, 0], curve[:, 2], color="#d97706", label="of the process alone")
        place.plot(curve[:, 0], curve[:, 3], color="#7c8798", label="pages of files")
        base = found["floor_megabytes"]["few_rows"]["VmRSS"]
        place.axhline(base, color="#7c8798", linestyle=":", label=f"the same on {FEW - 1:,} rows")
        place.set(title=f"recurra {command}", xlabel="seconds")
        place.grid(alpha=0.25)
    places[0].set(ylabel="megabytes", ylim=(0, None))
    places[1].legend(frameon=False, fontsize=9)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--preset", help="Of another network.")
    parser.add_argument("--out", type=Path, default=here / "results" / "large_file.json")
    parser.add_argument("--picture", type=Path, default=here.parent / "docs" / "large-files.svg")
    parser.add_argument("--folder", type=Path, help="Where the file and the run lie; a temporary one if not given.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        data, few, run = folder / "large.csv", folder / "few.csv", folder / "run"
        result: dict[str, Any] = {
            "command": " ".join(["python benchmarks/large_file.py", *sys.argv[1:]]),
            "machine": machine(),
            "preset": options.preset or "GRU(8), embedding 64, 20,000 words, batches of 64",
            "file": write(data, round(options.gigabytes * 1e9)),
        }
        print(result["file"], flush=True)
        (folder / "small.toml").write_text(PRESET, encoding="utf-8")
        preset = options.preset or str(folder / "small.toml")
        with data.open("rb") as file:
            few.write_bytes(b"".join(file.readline() for _ in range(FEW)))
        # The same commands on few rows say what is needed however large a file is; the first time they may compile.
        for table in (few, few, data):
            shutil.rmtree(run, ignore_errors=True)
            commands = {
                "train": ["train", str(table), "--model", preset, "--epochs", "1", "--out", str(run)],
                "score": ["score", str(run / "model.safetensors"), str(table), "--text", "text", "--keep", "id"],
            }
            commands["score"] += ["--out", str(folder / "answers.csv")]
            for command, words in commands.items():
                found = watched(words, folder / "told")
                if table == few:
                    floors = {"imports": floor(command), "few_rows": found["highest_megabytes"]}
                    result[command] = {"floor_megabytes": floors}
                else:
                    result[command] = {**found, **result[command]}
                print(command, {name: value for name, value in found.items() if name != "curve"}, flush=True)
        result["passes"] = passes(data, TextSettings(tokens="words"))
        print(result["passes"], flush=True)
        result["model_megabytes"] = round((run / "model.safetensors").stat().st_size / 1e6, 1)
    options.out.write_text(json.dumps(result) + "\n", encoding="utf-8")
    picture(result, options.picture)
    print(f"written: {options.out}, {options.picture}")


if __name__ == "__main__":
    main()
