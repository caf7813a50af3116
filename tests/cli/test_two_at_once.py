"""Two commands that write into one folder: the second one is refused at once, and touches nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import Run, check_failed, everything

from recurra.errors import RecurraError
from recurra.folders import LOCK, locked_folder
from recurra.presets import load_preset
from recurra.training.fit import fit
from recurra.training.run import MODEL, RunOptions

SMALL = ("--set", "hidden=2", "--epochs", "1", "--quiet")


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """Another run, of this process, writes into the folder."""
    held, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with locked_folder(folder):
            held.set()
            ended.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "words",
    [
        ("train", "news.csv", "--out", "run"),
        ("train", "news.csv", "--out", "run", "--resume"),
        # What is wrong with the rows would show only when they are read.
        ("train", "missing.csv", "--out", "elsewhere/../run"),
        ("tune", "news.csv", "--out", "run", "--trials", "1"),
        ("tune", "news.csv", "--out", "run", "--trials", "1", "--resume"),
        ("lesson", "--out", "run", "--data-dir", "nowhere"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("news")
def test_the_second_one_is_refused_and_touches_nothing(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    Path("run").mkdir()
    Path("elsewhere").mkdir()
    # As a run that was killed leaves it: going on removes it, and it may be the other one's.
    Path("run/.model.safetensors.0a1b2c3d.tmp").write_text("half")
    with taken(Path("run")):
        before = everything(tmp_path)
        check_failed(run(*words, "--quiet"), 1, f"into the folder {words[words.index('--out') + 1]}", "Wait until")
        assert everything(tmp_path) == before


def test_python_is_refused_as_well(tmp_path: Path) -> None:
    preset = load_preset("default")
    with taken(tmp_path / "run"), pytest.raises(RecurraError, match="Another run is writing into the folder"):
        fit(["a", "b"], ["a", "b"], recipe=preset, run=RunOptions(folder=tmp_path / "run"))


def test_of_two_processes_one_trains(news: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recurra", "train", str(news), "--out", str(tmp_path / "run"), *SMALL]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=200)[1] for process in both]
    codes = [process.returncode for process in both]
    # Whichever comes second finds the folder taken, or full where the first one has ended already.
    assert sorted(codes) == [0, 1], said
    (refusal,) = said[codes.index(1)].splitlines()
    assert "Another run is writing into the folder" in refusal or "is not empty" in refusal
    assert (tmp_path / "run" / MODEL).exists()


def test_a_lock_that_a_killed_run_has_left_keeps_nobody_out(run: Run, news: Path) -> None:
    Path("run").mkdir()
    Path("run", LOCK).touch()
    assert run("train", news, "--out", "run", *SMALL).code == 0
    assert not Path("run", LOCK).exists()
