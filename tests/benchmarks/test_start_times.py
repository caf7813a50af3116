"""The benchmark of starts: processes in turn, the first round not counted, and a result that says how it was made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import start_times
from bundles import make_bundle

from recurra.bundle import write_bundle


def test_commands_take_turns_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def took(command: list[str]) -> float:
        asked.append(command[0])
        return float(len(asked))

    monkeypatch.setattr(start_times, "milliseconds", took)
    rows = start_times.measured({"a": ["a"], "b": ["b"]}, 3)
    assert asked == ["b", "a", "a", "b", "b", "a", "a", "b"]
    assert [row["command"] for row in rows] == ["a", "b"]
    assert rows[0]["rounds"] == [3, 6, 7]
    assert rows[1]["milliseconds"] == {"median": 5, "lowest": 4, "highest": 8}


def test_the_result_of_real_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, out = tmp_path / "model.safetensors", tmp_path / "start_times.json"
    write_bundle(make_bundle(), model)
    monkeypatch.setattr(sys, "argv", ["start_times.py", "--model", str(model), "--rounds", "1", "--out", str(out)])
    start_times.main()
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["command"] == "python benchmarks/start_times.py --model model.safetensors --rounds 1"
    names = [row["command"] for row in result["rows"]]
    assert names == ["python -c pass", "recurra --help", "recurra predict MODEL TEXT"]
    empty, *ours = (row["milliseconds"]["median"] for row in result["rows"])
    assert 0 < empty < min(ours)


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    predict = start_times.commands_of(tmp_path / "none.safetensors")["recurra predict MODEL TEXT"]
    with pytest.raises(subprocess.CalledProcessError):
        start_times.milliseconds(predict)
