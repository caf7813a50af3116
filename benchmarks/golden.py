"""Whether two checkouts train, answer and print the same, to the bit: for a change that should change nothing.

    python benchmarks/golden.py OLD NEW [--only NAME ...] [--ignore KEY ...] [--keep FOLDER]

OLD and NEW are folders with src/recurra, such as ``git worktree add`` makes. In both, with this Python, some 35 tiny
models are trained through every step, engine and cell (``golden_jobs.py``) and every command prints its JSON. Tensors,
metadata, probabilities, documents and written files are compared, without times and versions. A line each says that
they are equal, or what is not; the exit code is 1 if anything is not, or failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from golden_differences import IGNORED, differences
from golden_jobs import JOBS

WORKER = Path(__file__).with_name("golden_worker.py")
# Of the differences of a job.
SHOWN = 3


def start(checkout: Path, folder: Path, names: Collection[str]) -> subprocess.Popen[bytes]:
    """Runs the jobs with a checkout's Recurra; what it does follows from nothing but the checkout."""
    source = checkout.resolve() / "src"
    if not (source / "recurra").is_dir():
        raise SystemExit(f"{checkout} holds no src/recurra: give the folder of a checkout")
    folder.mkdir(parents=True)
    threads = {f"{one}_NUM_THREADS": "1" for one in ("OMP", "MKL", "OPENBLAS")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RECURRA_")}
    return subprocess.Popen(
        [sys.executable, str(WORKER), *names],
        cwd=folder,
        env={**kept, **threads, "PYTHONPATH": str(source), "CUDA_VISIBLE_DEVICES": ""},
    )


def table(old: Path, new: Path, names: Collection[str], ignored: Collection[str]) -> bool:
    """Prints a line a job, and says whether all are equal."""
    width, equal = max(map(len, names)), True
    for name in names:
        found = ["not run"] if not (old / name).is_dir() else differences(old / name, new / name, ignored)
        equal = equal and not found
        print(f"{name:<{width}}  {found[0] if found else 'equal'}")
        for line in found[1:SHOWN]:
            print(f"{'':<{width}}  {line}")
        if len(found) > SHOWN:
            print(f"{'':<{width}}  and {len(found) - SHOWN:,} more")
    return equal


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", type=Path, metavar="OLD")
    parser.add_argument("new", type=Path, metavar="NEW")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=JOBS, help="these jobs, of " + ", ".join(JOBS))
    parser.add_argument("--ignore", nargs="+", metavar="KEY", default=[], help="JSON keys that may differ")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave there what both wrote; it must not exist")
    options = parser.parse_args()
    names = options.only or list(JOBS)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        sides = [start(getattr(options, side), folder / side, names) for side in ("old", "new")]
        codes = [side.wait() for side in sides]
        equal = table(folder / "old", folder / "new", names, {*IGNORED, *options.ignore})
    equal = equal and codes == [0, 0]
    print(f"{'All equal' if equal else 'Not equal'}, {time.perf_counter() - began:.0f} s.")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
