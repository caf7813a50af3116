"""What training on long documents costs: seconds, peak memory and accuracy on held-out rows.

    python benchmarks/own_files/long_documents.py                              # the file made of Chinese headlines
    python benchmarks/own_files/long_documents.py --options max_tokens=1000000 epochs=2
    python benchmarks/own_files/long_documents.py --data FILE                  # a file of your own

A document is made of headlines (THUCNews, training rows) one after the other, 1,067 characters at the median and up to
some ten thousand, as Japanese news have them: lengths are drawn from a log-normal distribution. A third of the
headlines are of the document's class, the others of any. Rows: 5,888, of nine classes. One line of JSON; the peak is
that of the whole process of `recurra train`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS, CLASSES, MEDIAN, SPREAD, OWN = 5_888, 9, 1_067, 0.6, 1 / 3


def write_documents(headlines: Path, out: Path) -> None:
    """Writes text and label of the made documents."""
    by_label: dict[str, list[str]] = {}
    with headlines.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_label.setdefault(row["label"], []).append(row["text"])
    draw, labels = random.Random(0), sorted(by_label)[:CLASSES]  # noqa: S311
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for place in range(ROWS):
            label, wanted, text = labels[place % CLASSES], draw.lognormvariate(0, SPREAD) * MEDIAN, ""
            while len(text) < wanted:
                text += draw.choice(by_label[label if draw.random() < OWN else draw.choice(labels)]) + "。"
            writer.writerow([text[: round(wanted)], label])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("RECURRA_DATA", "../shared/data")))
    parser.add_argument("--options", nargs="*", default=[], help="settings, NAME=VALUE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = given.data or Path(folder) / "documents.csv"
        if given.data is None:
            write_documents(given.data_dir / "thucnews_titles_zh" / "train.csv", data)
        settings = [word for option in given.options for word in ("--set", option)]
        began = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "recurra", "train", data, "--out", Path(folder) / "run", *settings, "--json"],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(ran.stdout)
    print(
        json.dumps(
            {
                "options": given.options,
                "seconds": round(seconds, 1),
                "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
                "peak_mib": used.ru_maxrss // 1024,
                "epochs": found["epochs"],
                "best_epoch": found["best_epoch"],
                "validation": found["validation"],
                "notes": found["notes"],
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
