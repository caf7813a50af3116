"""What ``recurra check`` finds in the named sets, and how long it takes.

    python benchmarks/checking.py                   # the seven sets of the data folder, RECURRA_DATA

Results: benchmarks/results/checking.json.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from recurra.bench.machine import machine
from recurra.checking.check import Training, check, open_source
from recurra.checking.label_names import LabelNames
from recurra.checking.report import Report
from recurra.data.datasets import Dataset, load_dataset
from recurra.lesson.model_results import phrase
from recurra.presets import load_preset

RESULTS = Path(__file__).parent / "results"
SETS = (
    "agnews", "trec6", "sst2", "banking77", "thucnews_titles_zh", "langid_django", "names_nationality",
)  # fmt: skip


def checked(data: Dataset) -> tuple[Report, float]:
    """The report about a set, and the seconds that it took after the set was read."""
    preset = load_preset("default")
    training = Training(
        text=preset.text,
        characters=preset.characters,
        share=preset.training.validation,
        seed=preset.training.seed,
    )
    names = LabelNames()
    begun = time.perf_counter()
    report = check(open_source(data.train, "train", names), open_source(data.test, "test", names), training=training)
    return report, time.perf_counter() - begun


def row(data: Dataset, report: Report, seconds: float) -> dict[str, Any]:
    """What the table shows of a set."""
    findings = [
        {"kind": one.kind, "part": one.part, "severity": one.severity, "count": one.count, "of": one.what}
        for one in report.findings
    ]
    near = report.found("near-copies of training rows", "test")
    return {
        "name": data.name,
        "title": data.title,
        "train_rows": phrase(len(data.train), data),
        "test_rows": len(data.test),
        "seconds": seconds,
        "findings": findings,
        "near_copies": [] if near is None else near.facts["at_least"],
        "words": None if report.words is None else report.words.to_dict(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS / "checking.json")
    options = parser.parse_args()
    # The kernels are compiled before a clock runs.
    checked(load_dataset("trec6", data_dir=options.data_dir, take=200, take_test=100, say=print))
    sets = []
    for name in SETS:
        data = load_dataset(name, data_dir=options.data_dir, say=print)
        sets.append(row(data, *checked(data)))
        print(json.dumps(sets[-1]), flush=True)
    result = {"command": "python benchmarks/checking.py", "machine": machine(), "sets": sets}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
