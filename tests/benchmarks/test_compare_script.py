"""``benchmarks/compare.py``: real processes on a few rows, with the peers that this interpreter has."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import pytest
from compare import main
from harness import jobs
from rows import write_news

PROMISED = {"what", "ours", "peer", "peer_name", "ratio"}
SMALL = ["--set", "vocabulary_size=50", "--set", "hidden=4", "--set", "embedding=4", "--rounds", "2"]


@pytest.fixture(autouse=True)
def _short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(jobs, "ROUND_SECONDS", 0.01)
    write_news(tmp_path / "news.csv", 60)


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, *SMALL, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def check_row(row: dict[str, Any]) -> None:
    assert row.keys() >= PROMISED
    ratios = [ours / peer for ours, peer in zip(row["rounds"]["ours"], row["rounds"]["peer"], strict=True)]
    assert len(ratios) == 2
    assert row["ratio"] == pytest.approx(statistics.median(ratios))
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx((min(ratios), max(ratios)))
    assert min(ratios) > 0


@pytest.mark.slow
@pytest.mark.exhaustive
def test_train(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "train", "news.csv", "--set", "batch_size=16", "--peers", "packed", "--out", "found.json")
    assert json.loads(Path("found.json").read_text(encoding="utf-8")) == found
    (row,) = found["rows"]
    check_row(row)
    assert row["what"] == "train lesson/lstm: LSTM(4), unmasked of 4 inputs, batch 16"
    assert row["unit"] == "documents/s"
    assert row["ours"] == pytest.approx(statistics.median(row["rounds"]["ours"]))
    assert row["versions"]["peer"].keys() == {"torch", "python"}
    assert found["data"] == "news.csv, 60 training rows; 60 training rows are timed"
    assert found["machine"]["cores"] >= 1
    assert found["left_out"] == []


@pytest.mark.slow
@pytest.mark.exhaustive
def test_train_on_bucketed_batches(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(
        capsys, "train", "news.csv", "--set", "bucketing=true", "--set", "batch_size=16", "--peers", "torch"
    )
    (row,) = found["rows"]
    check_row(row)
    assert row["what"].endswith(", batch 16, bucketed")
    assert row["our_settings"] == "Trainer.run, bucketed batches"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_predict_and_what_is_left_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = document(capsys, "predict", "news.csv", "--take", "40", "--peers", "fasttext,linear")
    rows = {row["peer_name"].partition(",")[0]: row for row in found["rows"]}
    check_row(rows["TF-IDF + LinearSVC"])
    assert len(found["rows"]) + len(found["left_out"]) == 2
    for out in found["left_out"]:
        assert out["peer"] == "fasttext"
        assert "needs fasttext" in out["reason"]
    assert found["data"].endswith("40 test rows are timed")


@pytest.mark.slow
@pytest.mark.exhaustive
def test_latency(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "latency", "news.csv", "--take", "30", "--peers", "linear")
    (row,) = found["rows"]
    check_row(row)
    assert row["unit"] == "µs a document"
    assert row["ours"] == pytest.approx(1e6 / statistics.median(row["rounds"]["ours"]))
    assert 1 < row["ours"] < 1e6


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["train", "news.csv", "--peers", "kers"], ["'kers'", "keras, keras-steps, torch, packed, peak"]),
        (["train", "news.csv", "--set", "dropout=0.5"], ["dropout is 0.5", "--set dropout=0.0"]),
        (["train", "nosuch.csv"], ["nosuch.csv"]),
        (["train", "news.csv", "--rounds", "0"], ["--rounds", "1 or more"]),
        (["speed"], ["speed"]),
    ],
)
def test_mistakes_are_one_line(capsys: pytest.CaptureFixture[str], words: list[str], parts: list[str]) -> None:
    assert main([*words]) in (1, 2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    for part in parts:
        assert part in lines[0]


def test_help_says_whole_what_a_command_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    commands = capsys.readouterr().out.split("Commands:")[1]
    assert all(f"  {name} " in commands for name in ("train", "predict", "latency", "recurrence"))
    assert "..." not in commands


def test_no_such_interpreter(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["latency", "news.csv", "--peers", "linear", "--peers-python", f"{sys.prefix}/no-such-python", "-q", *SMALL]
    assert main([*words]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "no-such-python" in lines[0]
    assert "make peers" in lines[0]
