"""Places that cannot be written or read: one line, and nothing half-written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Run, check_failed, everything


def _failing(number: int) -> Callable[..., Any]:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(number, os.strerror(number), "somewhere")

    return fail


@pytest.mark.parametrize(
    ("number", "parts"),
    [(errno.ENOSPC, ["No space left", "Free some space"]), (errno.EACCES, ["Permission denied", "may write"])],
)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_files_that_cannot_be_written(
    command: str,
    number: int,
    parts: list[str],
    run: Run,
    trained: Path,
    news: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Every file is written to the disk by fsync, which is where a full one tells."""
    before = everything(tmp_path)
    monkeypatch.setattr("os.fsync", _failing(number))
    if command == "train":
        ran = run("train", news, "--out", "a/run", "--quiet", "--set", "hidden=2", "--checkpoint-every", 0)
    else:
        ran = run("evaluate", trained / "model.safetensors", news, "--quiet", "--out", "a/scores")
    monkeypatch.undo()
    check_failed(ran, 1, "cannot be written", *parts)
    after = everything(tmp_path)
    assert not [name for name in after if ".tmp" in name or name.endswith((".safetensors", ".json", ".html"))]
    if command == "evaluate":
        assert after == before


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_folder_that_cannot_be_made(
    command: str, run: Run, trained: Path, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pathlib.Path.mkdir", _failing(errno.EACCES))
    words = ["train"] if command == "train" else ["evaluate", trained / "model.safetensors"]
    ran = run(*words, news, "--out", "inside/run", "--quiet")
    monkeypatch.undo()
    check_failed(ran, 1, "inside/run cannot be used: Permission denied", "Choose another folder")
    assert not Path("inside").exists()


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_folder_in_a_place_that_nobody_may_write(command: str, run: Run, trained: Path, news: Path) -> None:
    place = Path("/sys/recurra-test/run")
    if not Path("/sys").is_dir():
        pytest.skip("there is no /sys here, which even the superuser may not write")
    words = ["train"] if command == "train" else ["evaluate", trained / "model.safetensors"]
    check_failed(run(*words, news, "--out", place, "--quiet"), 1, str(place), "Choose another folder")
    assert not place.parent.exists()


def test_a_file_in_the_folders_place(run: Run, trained: Path, news: Path) -> None:
    Path("taken").write_text("mine")
    check_failed(run("train", news, "--out", "taken", "--quiet"), 1, "taken is a file", "folder")
    check_failed(run("evaluate", trained / "model.safetensors", news, "--out", "taken", "-q"), 1, "taken is a file")
    assert Path("taken").read_text() == "mine"


def test_a_folder_that_is_not_empty_is_left_alone(run: Run, news: Path, tmp_path: Path) -> None:
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    before = everything(tmp_path)
    check_failed(run("train", news, "--out", "full", "-q"), 1, "The folder full is not empty", "an empty folder")
    assert everything(tmp_path) == before


def test_a_table_that_may_not_be_read(run: Run, news: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def closed(path: Path, *arguments: Any, **named: Any) -> Any:
        return (_failing(errno.EACCES) if path == news else opened)(path, *arguments, **named)

    monkeypatch.setattr("pathlib.Path.open", closed)
    ran = run("evaluate", model, news)
    monkeypatch.undo()
    check_failed(ran, 1, "news.csv", "Permission denied", "check its permissions")


@pytest.mark.parametrize("command", ["train", "tune"])
@pytest.mark.parametrize("place", ["full", "taken", "run"])
def test_a_place_that_cannot_be_used_is_refused_before_the_table_is_read(
    command: str, place: str, run: Run, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("full").mkdir()
    Path("full/notes.txt").write_text("mine")
    Path("taken").write_text("mine")
    Path("run").mkdir()
    Path("run/checkpoint.safetensors").write_text("a run")
    Path("run/study.db").write_text("a study")
    before = everything(tmp_path)
    for reader in ("train.read_rows", "tune.read_data"):
        monkeypatch.setattr(f"recurra.cli.{reader}", None)
    parts = {"full": ["full is not empty"], "taken": ["taken is a file"], "run": ["run", "--resume"]}[place]
    check_failed(run(command, news, "--out", place, "-q"), 1, *parts)
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "none.csv", "--out", "taken"], "taken is a file"),
        (["check", "none.csv", "--fix", "none/clean.csv"], "none/clean.csv cannot be written"),
        (["evaluate", "none.safetensors", "none.csv", "--out", "taken"], "taken is a file"),
    ],
)
def test_a_place_for_results_is_refused_before_the_work(words: list[str], said: str, run: Run, tmp_path: Path) -> None:
    """The work would fail, too: what it needs is not there."""
    Path("taken").write_text("mine")
    before = everything(tmp_path)
    check_failed(run(*words, "-q"), 1, said)
    assert everything(tmp_path) == before
