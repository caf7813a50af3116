"""The commands as a user types them, in processes of their own: a fresh folder, Ctrl-C, and going on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rows import write_news

import recurra

RECURRA = [sys.executable, "-m", "recurra"]


def test_a_fresh_folder(tmp_path: Path) -> None:
    write_news(tmp_path / "tickets.csv", 80)
    write_news(tmp_path / "test.csv", 20, seed=1)
    script = """
    set -e
    model=runs/tickets/model.safetensors
    recurra() { "$PYTHON" -m recurra "$@"; }
    recurra data tickets.csv > seen.txt
    recurra train tickets.csv --out runs/tickets --epochs 3 --learning-rate 0.02 --set hidden=8 > training.txt
    recurra info $model > about.txt
    printf 'bank stock price\\n\\ngoal match team\\n' | recurra predict $model --json > answers.json 2> note.txt
    recurra evaluate $model test.csv --out scores --quiet > scores.txt
    """
    environment = {**os.environ, "PYTHON": sys.executable}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert "recurra: note: 1 of 3 texts is empty" in (tmp_path / "note.txt").read_text()
    assert "80 rows in tickets.csv" in (tmp_path / "seen.txt").read_text()
    assert (tmp_path / "training.txt").read_text().endswith("model: runs/tickets/model.safetensors\n")
    assert "4 classes" in (tmp_path / "about.txt").read_text()
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert [answer["text"] for answer in answers] == ["bank stock price", "", "goal match team"]
    assert "20 rows of test.csv" in (tmp_path / "scores.txt").read_text()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["runs", "scores"]
    assert sorted(path.name for path in (tmp_path / "scores").iterdir()) == ["evaluation.html", "metrics.json"]


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_learned_and_resume_goes_on(tmp_path: Path) -> None:
    news = write_news(tmp_path / "news.csv", 200)
    options = [
        "--batch-size",
        "1",
        "--epochs",
        "8",
        "--set",
        "hidden=6",
        "--set",
        "patience=0",
        "--learning-rate",
        "0.01",
    ]
    stopped = [*RECURRA, "train", str(news), "--out", "stopped", *options]
    with subprocess.Popen(stopped, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if line.startswith("epoch"):
                # Once it truly trains; seven of the eight epochs are still to come.
                process.send_signal(signal.SIGINT)
                break
        rest, complaint = process.stdout.read(), process.stderr.read()
        assert process.wait(timeout=60) == 130
    assert len(complaint.splitlines()) == 1
    assert complaint.startswith("recurra: interrupted after ")
    assert "stopped/model.safetensors holds what was learned so far; --resume goes on." in complaint
    assert rest.endswith("model: stopped/model.safetensors\n")
    early = recurra.load(tmp_path / "stopped" / "model.safetensors")
    assert 0 < early.record["steps"] < 1440
    assert early.predict_proba(["goal match"]).sum() == pytest.approx(1, abs=1e-5)

    for folder, more in (("stopped", ["--resume"]), ("whole", [])):
        command = [*RECURRA, "train", str(news), "--out", folder, *options, *more, "--json"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["steps"] == 1440
    resumed, whole = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("stopped", "whole"))
    assert resumed == whole
