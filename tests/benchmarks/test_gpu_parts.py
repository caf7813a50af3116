"""What the GPU benchmarks choose on, and what they choose from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import gpu_parts
import gpu_seconds_to
import gpu_training
import pytest

from recurra.presets import load_preset
from recurra.training.steps.step import StepResult, StepResults

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_rows_to_choose_on_are_not_trained_on() -> None:
    rows = [f"text {row}" for row in range(100)], [row % 3 for row in range(100)]
    (kept, kept_labels), (held, held_labels) = gpu_parts.without(rows, 20, seed=4)
    assert (len(kept), len(held)) == (80, 20)
    assert sorted(kept + held) == sorted(rows[0])
    for texts, labels in ((kept, kept_labels), (held, held_labels)):
        places = [int(text.split()[1]) for text in texts]
        # In the file's order, from whose head the lesson's vocabulary is learned.
        assert places == sorted(places)
        assert labels == [place % 3 for place in places]
    assert held != gpu_parts.without(rows, 20, seed=5)[1][0]


def test_the_learning_rate_grows_with_the_root_of_the_batch() -> None:
    preset = load_preset("lesson/bilstm")
    found = gpu_seconds_to.candidates(preset, "16,64", "1,2")
    assert [(one["batch_size"], one["epochs"]) for one in found] == [(16, 1), (16, 2), (64, 1), (64, 2)]
    assert [one["learning_rate"] for one in found] == pytest.approx([1e-3, 1e-3, 2e-3, 2e-3])
    assert all(one["validation"] == 0 for one in found)


def test_a_speed_is_taken_behind_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 5.0, 5.5, 6.0])
    monkeypatch.setattr(gpu_training.time, "perf_counter", lambda: next(clock))
    watch = gpu_training.Watch(30)
    for documents in (20, 10, 20, 30):
        watch.on_steps_end(StepResults([StepResult(documents, 0.5, 0)]))
    assert watch.docs_per_second == pytest.approx(50 / 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("script", ["speedrun/run.py", "gpu_training.py"])
def test_a_benchmark_runs_where_there_is_no_gpu(script: str, data_dir: Path, tmp_path: Path) -> None:
    small = ["--device", "cpu", "--data-dir", data_dir, "--take", "200", "--take-test", "100", "--seeds", "1"]
    few = ["--batches", "64", "--epochs", "1", "--engines", "auto"] if script == "gpu_training.py" else []
    out = tmp_path / "result.json"
    command = [sys.executable, BENCHMARKS / script, *small, *few, "--out", out]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["rows"] == "200 of 120,000 training rows"
    assert result["machine"]["card"] == "cpu"
    if script == "gpu_training.py":
        assert result["best"]["docs_per_second"] > 0
    else:
        assert 0 <= result["test_accuracy"]["median"] <= 1
        assert result["reached"] is False
        assert result["seconds"]["median"] > result["training_seconds"]["median"]
