"""``recurra lesson``: the options reach the lesson, and its numbers the document."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed
from rows import write_news

from recurra.lesson import run as lesson

PROMISED = {"preset", "parameters", "seconds", "docs_per_second", "train_accuracy", "test_accuracy", "interval"}


def test_every_option_reaches_the_lesson(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    received: dict[str, Any] = {}
    real = inspect.signature(lesson.run_lesson)

    def stand_in(**named: Any) -> dict[str, Any]:
        received.update(real.bind(**named).arguments)
        named["callback"].on_message("two\nlines")
        return {"dataset": "AG News"}

    monkeypatch.setattr(lesson, "run_lesson", stand_in)
    rows = ["--dataset", "r8", "--data-dir", "sets", "--take", 40, "--take-test", 20]
    words = [
        *rows,
        "--models",
        "gru,lstm",
        "--epochs",
        2,
        "--seed",
        7,
        "--device",
        "cpu",
        "--out",
        "x",
        "--language",
        "ja",
    ]
    assert run("lesson", *words, "--json") == (0, '{\n  "dataset": "AG News"\n}\n', "")
    del received["callback"]
    assert received == {
        "dataset": "r8",
        "data_dir": Path("sets"),
        "take": 40,
        "take_test": 20,
        "models": ["gru", "lstm"],
        "epochs": 2,
        "seed": 7,
        "device": "cpu",
        "out": Path("x"),
        "language": "ja",
    }
    assert run("lesson").out == "two\nlines\n"
    assert received.keys() == real.parameters.keys()
    assert (received["dataset"], received["models"], received["out"]) == ("auto", None, Path("lesson-run"))


def test_mistakes_leave_no_folder(run: Run) -> None:
    Path("sets").mkdir()
    check_failed(run("lesson", "--dataset", "nosuch", "--data-dir", "sets", "--out", "a/b", "-q"), 1, "'nosuch'")
    check_failed(run("lesson", "--models", "gru,rnn", "--out", "a/b"), 2, "'rnn'", "simple-rnn-titles")
    check_failed(run("lesson", "--data-dir", "nowhere", "--out", "a/b", "-q"), 1, "nowhere")
    assert not Path("a").exists()


def test_a_device_that_is_not_there_is_named(run: Run) -> None:
    folder = Path("sets/tiny")
    folder.mkdir(parents=True)
    for part in ("train.csv", "test.csv"):
        write_news(folder / part, 80)
    words = ["--dataset", "tiny", "--data-dir", "sets", "--models", "gru", "--out", "out", "-q"]
    check_failed(run("lesson", *words, "--device", "abacus"), 2, "'abacus'", "Choose auto or cpu.")


def test_too_few_rows_are_refused_before_training(run: Run) -> None:
    folder = Path("sets/tiny")
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 80)
    write_news(folder / "test.csv", 80, seed=2)
    words = ["lesson", "--dataset", "tiny", "--data-dir", "sets", "-q", "--out", "a/b"]
    check_failed(run(*words, "--take", 39), 2, "4 classes, needs 40 training rows with a title and has 39", "--take")
    check_failed(run(*words, "--take-test", 5), 2, "needs 40 test rows and has 5", "Leave out --take-test")
    assert not Path("a").exists() or not list(Path("a").rglob("*.*"))


def test_a_small_lesson(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "tiny"
    folder.mkdir(parents=True)
    write_news(folder / "train.csv", 60)
    write_news(folder / "test.csv", 40, seed=2)
    words = ["--dataset", "tiny", "--data-dir", "sets", "--models", "simple-rnn-titles", "--epochs", 1, "--out", "out"]
    ran = run("lesson", *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json.keys() >= {"dataset", "train_rows", "test_rows", "models"}
    assert (ran.json["train_rows"], ran.json["test_rows"]) == (60, 40)
    (model,) = ran.json["models"]
    assert model.keys() >= PROMISED
    assert model["parameters"] == 1_281_364
    assert Path("out/lesson.html").is_file()
    quiet = run("lesson", *words, "--quiet")
    assert quiet.err == ""
    assert "\nsimple-rnn-titles  " in quiet.out
    assert "Training the linear model" not in quiet.out
