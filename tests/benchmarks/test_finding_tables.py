"""The tables of docs/findings.md on flags, near-copies and labels, from results that were made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import finding_tables
import pytest

MACHINE = {"cores": 2, "processor": "some processor"}
HEAD = {"dataset": "AG News", "train_rows": "58,337 of 120,000 training rows", "test_rows": 200, "machine": MACHINE}


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(finding_tables, "RESULTS", tmp_path)
    return finding_tables


def flag_run(seed: int, when: str, score: float, drop: float) -> dict[str, Any]:
    phrase = {"phrase": "oil", "count": 3, "of": 9, "label": "Business"}
    unit = {
        "unit": 5, "score": score, "ends_on": 0.25, "stays": 0.5 + 0.1 * seed, "jump": 0.4, "speaks_for": "Business",
        "drop": drop, "drop_random": 0.01, "on": [phrase],
    }  # fmt: skip
    together = {"units": 1, "drop": 2 * drop, "drop_random": 0.02}
    return {
        "network": "an LSTM", "when": when, "seed": seed, "accuracy": 0.9, "scores": [score, 0.1, 0.0, 0.0],
        "flags": {"0.5": int(score >= 0.5), "0.25": 1}, "units": [unit], "together": together,
    }  # fmt: skip


def test_flags(tables: ModuleType, tmp_path: Path) -> None:
    runs = [flag_run(seed, "after training", score, 0.001) for seed, score in enumerate((0.6, 0.3, 0.4))]
    result = {**HEAD, "command": "python benchmarks/flags.py", "runs": [flag_run(0, "before training", 0.1, 0), *runs]}
    (tmp_path / "flags.json").write_text(json.dumps(result), encoding="utf-8")
    before, after, _, foot = tables.flag_lines()[2:]
    assert before.startswith("| an LSTM | before training | 90.00% | 4 | 0.10 | 0 | 1 | 50% | 0.40 |")
    assert after == (
        "| an LSTM | after training | 90.00% | 4 | 0.40 (0.30 to 0.60) | 0 (0 to 1) | 1 | 60% (50% to 70%) | 0.40 |"
    )
    for part in ("AG News, 58,337 of 120,000 training rows", "3 seeds", "`python benchmarks/flags.py`"):
        assert part in foot
    row, *_ = tables.ablation_lines()[2:]
    assert row == "| an LSTM | +0.10% | +1.00% | +0.20% | 1 | +2.00% | +0.10% |"
    assert tables.phrase_lines()[2:] == [
        f"| an LSTM, {seed} | 5 | {score:.2f} | 25% | Business | oil (3 of 9) |"
        for seed, score in enumerate((0.6, 0.3, 0.4))
    ]


def test_copies_and_labels(tables: ModuleType, tmp_path: Path) -> None:
    threshold = {"threshold": 0.5, "rows": 20, "other_label": 2, "accuracy_with_copy": 0.95, "accuracy_without": 0.9}
    label = {
        "preset": "default", "seed": 1, "rows": 20_000, "spoiled": 996, "suspected": 1947, "found": 866,
        "precision": 0.445, "recall": 0.869, "first_hundred": 84, "accuracy_spoiled": 0.89,
        "accuracy_without_suspected": 0.8975, "accuracy_true": 0.9,
    }  # fmt: skip
    copies = {"preset": "lesson/lstm", "accuracy": 0.88, "seconds": 6.4, "thresholds": [threshold]}
    result = {**HEAD, "command": "python benchmarks/doubts.py", "copies": copies, "labels": [label]}
    (tmp_path / "doubts.json").write_text(json.dumps(result), encoding="utf-8")
    row, _, foot = tables.copy_lines()[2:]
    assert row == "| 0.5 or more | 20 (10.0%) | 2 (10.0%) | 95.00% | 90.00% |"
    assert "search 6 s" in foot
    row, *_ = tables.label_lines()[2:]
    assert row == "| default | 1 | 20,000 | 996 | 1,947 | 44% | 84 | 87% | 89.00% | 89.75% | 90.00% |"
