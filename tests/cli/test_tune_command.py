"""``recurra tune``: what it prints, what it leaves, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Run, check_failed, everything, run_without
from rows import write_news

import recurra
from recurra.data.corpus import InMemoryRows
from recurra.errors import DataError
from recurra.presets import load_preset
from recurra.tuning.limits import StudyLimits
from recurra.tuning.tuner import Tuner

SMALL = ["--set", "hidden=4", "--set", "embedding=5", "--set", "epochs=1", "--set", "batch_size=16"]


def test_json_is_one_document_with_all_trials(run: Run, news: Path) -> None:
    ran = run("tune", news, "--out", "study", "--trials", 3, "--json", *SMALL)
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert [one["number"] for one in found["trials"]] == [0, 1, 2]
    assert found["counts"] == {"done": 3}
    assert found["first"] == found["trials"][0]
    assert found["best"] in found["trials"]
    assert found["best"]["validation"]["log_loss"] == min(one["validation"]["log_loss"] for one in found["trials"])
    assert found["rows"] == {"learned": 49, "held_out": 5, "set_aside": 6}
    assert found["first"]["aside"]["rows"] == 6
    assert not found["interrupted"]
    model = recurra.load(found["model"])
    assert model.record["tuning"] == {"trial": found["best"]["number"], "seed": 0, "set_aside": 6}
    assert sorted(path.name for path in Path("study").iterdir() if path.suffix in {".toml", ".csv", ".db"}) == [
        "best.toml",
        "study.db",
        "trials.csv",
    ]
    assert json.loads(Path("study/history.json").read_text())["validation"]
    # The settings that were found are a preset like any other.
    assert run("train", news, "--out", "final", "--model", "study/best.toml", "--quiet").code == 0


def test_lines_for_people(run: Run, news: Path) -> None:
    ran = run("tune", news, "--out", "study", "--trials", 2, *SMALL)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    trials = [line for line in lines if line.startswith("trial  ") and "log loss" in line and " s  " in line]
    assert len(trials) == 2
    assert trials[0].endswith("best so far")
    assert "lstm 2 × 4, max+mean, words" in trials[0]
    assert any(line.startswith("2 trials (2 done) in ") for line in lines)
    assert any("the 6 rows set aside, which chose nothing" in line for line in lines)
    assert any(line.startswith(("first, trial 0: accuracy ", "first and best, trial 0: accuracy ")) for line in lines)
    assert f"model: {Path('study/model.safetensors')}" in lines
    told, _, command = lines[-1].partition(": ")
    assert told == "To learn from all rows with these settings"
    assert shlex.split(command) == ["recurra", "train", str(news), "--model", "study/best.toml", "--out", "final"]
    quiet = run("tune", news, "--out", "study", "--trials", 2, "--resume", "--quiet", *SMALL)
    assert quiet.out.splitlines()[0].startswith("2 trials (2 done) in ")
    assert "trial   0" not in quiet.out


def test_every_option_reaches_the_study(run: Run, news: Path) -> None:
    words = ["--trials", 2, "--minutes", 5, "--max-size", "60kB", "--int8", "--seed", 3, "--storage", "trials.log"]
    more = ["--model", "characters", "--engine", "reference", "--device", "cpu"]
    columns = ["--text", "description", "--label", "label", "--encoding", "utf-8", "--data-dir", ".", "--format", "csv"]
    ran = run("tune", news, "--out", "study", "--json", *words, *more, *columns, *SMALL)
    assert (ran.code, ran.err) == (0, "")
    model = recurra.load("study/model.safetensors")
    assert model.bundle.weights == "int8"
    assert model.record["preset"] == "characters"
    assert model.record["tuning"]["seed"] == model.record["training"]["seed"] == 3
    assert Path("study/model.safetensors").stat().st_size <= 60_000
    assert ran.json["first"]["settings"]["tokens"] == "characters"
    assert Path("trials.log").is_file()
    assert not Path("study/study.db").exists()


def test_processes_of_one_study_say_where_its_best_model_is(run: Run, news: Path) -> None:
    words = ["tune", news, "--study", "news", "--storage", "sqlite:///news.db", *SMALL]
    first = run(*words, "--trials", 1, "--out", "a", "--json").json
    assert first["model"] == str(Path("a/model.safetensors"))
    second = run(*words, "--trials", 1, "--out", "b")
    assert (second.code, second.err) == (0, "")
    lines = second.out.splitlines()
    assert "The study news is joined: it has 1 trial." in lines
    assert f"model: {first['best']['folder']}/model.safetensors" in lines
    assert Path("b/best.toml").read_text() == Path("a/best.toml").read_text()
    assert not Path("b/model.safetensors").exists()


def test_ctrl_c_says_what_is_kept(run: Run, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = Tuner._try
    monkeypatch.setattr(Tuner, "_try", lambda self, trial: tries(self, trial) or trial.number == 1)
    ran = run("tune", news, "--out", "study", "--trials", 5, *SMALL)
    assert ran.code == 130
    assert (
        ran.err == f"recurra: interrupted. {Path('study/model.safetensors')} holds the best so far; --resume goes on.\n"
    )
    assert ran.out.splitlines()[-1].startswith("model: ")
    assert run("tune", news, "--out", "study", "--trials", 3, "--resume", "--json", *SMALL).json["counts"] == {
        "done": 3
    }


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (["--minutes", "0"], 2, ["--minutes", "above 0"]),
        (["--trials", "0"], 2, ["--trials", "1 or more"]),
        (["--trials", "1", "--max-size", "big"], 2, ["The size 'big'", "5MB"]),
        (["--trials", "1", "--max-size", "2kB"], 2, ["No settings give a model file of 2.0 kB", "Allow"]),
        (["--trials", "1", "--storage", "somewhere"], 2, ["'somewhere'", "sqlite:///"]),
        (["--trials", "1", "--storage", "postgresql://me:pw@db/x"], 2, ["***", "needs psycopg", "pip install"]),
        (["--trials", "1", "--study", "t"], 2, ["--study t is given without --storage", "sqlite:///FILE"]),
        (["--trials", "1", "--study", "t", "--storage", "t.log"], 2, ["with a journal file", "postgresql://"]),
        (["--trials", "1", "--set", "hiden=3"], 2, ["hiden"]),
        (["--trials", "1", "--device", "nowhere"], 2, ["nowhere"]),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    run: Run, news: Path, words: list[str], code: int, parts: list[str]
) -> None:
    ran = run("tune", news, "--out", "study", "--quiet", *words)
    check_failed(ran, code, *parts)
    assert not Path("study").exists()


def test_a_folder_that_holds_something_is_left_alone(run: Run, news: Path) -> None:
    Path("study").mkdir()
    Path("study/mine.txt").write_text("mine")
    before = everything(Path("study"))
    check_failed(run("tune", news, "--out", "study", "--trials", 1, "--quiet"), 1, "not empty", "empty folder")
    assert everything(Path("study")) == before


def test_without_optuna_it_names_the_extra(news: Path) -> None:
    ran = run_without(["optuna"], "tune", news, "--out", "study", "--trials", 1, "--quiet")
    check_failed(ran, 1, "optuna", "pip install 'recurra[tune]'")
    assert not Path("study").exists()


def test_a_terminal_sees_a_live_line(news: Path) -> None:
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    command = [sys.executable, "-m", "recurra", "tune", str(news), "--out", "study", "--trials", "2", *SMALL]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=writer) as running:
        os.close(writer)
        shown = b""
        try:
            while part := os.read(reader, 65536):
                shown += part
        except OSError:
            # What Linux says when the other side of a terminal is closed.
            pass
        assert running.wait() == 0
    os.close(reader)
    assert b"trial 1" in shown
    assert b"1 done" in shown
    assert b"2 trials wanted" in shown


def test_rows_of_a_file_choose_and_rows_without_a_label_are_skipped(run: Run, news: Path, tmp_path: Path) -> None:
    write_news(tmp_path / "later.csv", 24, seed=5)
    for name in ("news.csv", "later.csv"):
        with (tmp_path / name).open("a") as file:
            file.write(",a title,a text without a label\n")
    words = ["tune", news, "--validation", "later.csv", "--skip-unlabelled", "--trials", 1, *SMALL]
    ran = run(*words, "--out", "study")
    lines = ran.out.splitlines()
    # Of a long path the end is shown.
    shown = str(news) if len(str(news)) <= 80 else f"...{str(news)[-77:]}"
    assert re.findall(r"\d+ of \d+ rows of \S+ has no label and is skipped\.", " ".join(ran.out.split())) == [
        f"1 of 61 rows of {shown} has no label and is skipped.",
        "1 of 25 rows of later.csv has no label and is skipped.",
    ]
    command = shlex.split(lines[-1].partition(": ")[2])
    assert command[3:] == [
        "--skip-unlabelled",
        "--model",
        "study/best.toml",
        "--validation",
        "later.csv",
        "--out",
        "final",
    ]
    assert run(*command[1:], "--quiet").code == 0
    found = run(*words, "--out", "study", "--resume", "--json").json
    assert found["rows"] == {"learned": 60, "held_out": 12, "set_aside": 12}
    record = recurra.load(found["model"]).record
    assert record["validation_data"] == {"source": "later.csv", "unknown_labels": 0}
    check_failed(run(*words, "--out", "other", "--set", "validation=0.2"), 2, "validation = 0.2 is given with rows")
    assert not Path("other").exists()


def test_joined_labels_are_refused_unless_they_are_single(run: Run) -> None:
    """Also where a row has no label: advice on missing labels comes second."""
    cells = ["art", "law", "art|law", "sea", "law|sea", ""] * 10
    rows = "".join(f"{cell},words {place} of a row\n" for place, cell in enumerate(cells))
    Path("several.csv").write_text("label,text\n" + rows, encoding="utf-8")
    several = "several.csv looks like several labels a row, 3 distinct ones, such as 'art|law' in row 4"
    words = ("several.csv", "--out", "study")
    check_failed(
        run("tune", *words, "--quiet"), 1, several, "Train with recurra train --multi-label --label-separator '|'"
    )
    check_failed(run("train", *words, "--quiet"), 1, several, "Say --multi-label --label-separator '|'")
    check_failed(run("tune", *words, "--quiet", "--single-label"), 1, "row 7", "holds no label")
    told = run("tune", *words, "--trials", 1, "--single-label", "--skip-unlabelled", *SMALL)
    assert told.code == 0, told.err
    command = shlex.split(told.out.splitlines()[-1].partition(": ")[2])
    assert command[:5] == ["recurra", "train", "several.csv", "--skip-unlabelled", "--single-label"]
    corpus = InMemoryRows([f"row {place}" for place in range(60)], [cell or "art" for cell in cells])
    with pytest.raises(DataError, match="looks at one class a row"):
        Tuner(corpus, recipe=load_preset("default"), folder=Path("own"), limits=StudyLimits(trials=1))
