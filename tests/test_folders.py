from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recurra import locks
from recurra.errors import RecurraError
from recurra.folders import LOCK, check_folder, locked_folder, made_folder
from recurra.locks import open_locked

HOLDER = """
import sys, time
from pathlib import Path
from recurra.folders import locked_folder
with locked_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process writes into the folder; what it is told on standard input ends it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def in_a_thread(call: Callable[[], object]) -> BaseException | None:
    """What the call raises."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def hold(folder: Path) -> None:
    with locked_folder(folder):
        pass


def test_another_process_keeps_out_and_lets_in_when_it_ends(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with held_elsewhere(folder) as process:
        with pytest.raises(RecurraError) as caught:
            hold(folder)
        assert str(caught.value) == (
            f"Another run is writing into the folder {folder}. Wait until it ends, or choose another folder."
        )
        assert [path.name for path in folder.iterdir()] == [LOCK]
        process.communicate("", timeout=60)
        hold(folder)


def test_a_dead_process_keeps_nobody_out(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        assert (tmp_path / LOCK).exists()
        hold(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_runs_inside_may_lock_once_more_and_another_thread_may_not(tmp_path: Path) -> None:
    with locked_folder(tmp_path / "run"):
        with locked_folder(tmp_path / "run" / "." / ".." / "run"):
            assert isinstance(in_a_thread(lambda: hold(tmp_path / "run")), RecurraError)
        # The inner one does not let go of what the outer one holds.
        assert isinstance(in_a_thread(lambda: hold(tmp_path / "run")), RecurraError)
        assert in_a_thread(lambda: hold(tmp_path / "other")) is None
    assert in_a_thread(lambda: hold(tmp_path / "run")) is None


def test_folders_made_for_nothing_go_and_others_stay(tmp_path: Path) -> None:
    def fail(call: Callable[[], object] = lambda: None) -> None:
        with locked_folder(tmp_path / "a" / "b"):
            call()
            raise KeyError

    (tmp_path / "a").mkdir()
    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.rglob("*")) == [tmp_path / "a"]
    with pytest.raises(KeyError):
        fail(lambda: (tmp_path / "a" / "b" / "mine").write_text("mine"))
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["mine"]


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(RecurraError, match=r"taken is a file\. Choose another folder"), made_folder(tmp_path / "taken"):
        pass


def test_a_link_in_the_locks_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RecurraError, match="cannot be used"):
        hold(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_was_removed_between_opening_and_locking_is_opened_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, path = locks._lock, tmp_path / "lock"
    tries: list[int] = []

    def removed_first(descriptor: int) -> bool:
        tries.append(descriptor)
        if len(tries) == 1:
            path.unlink()
        if len(tries) == 2:
            path.unlink()
            path.touch()
        return lock(descriptor)

    monkeypatch.setattr(locks, "_lock", removed_first)
    file = open_locked(path)
    assert file is not None
    with file:
        assert len(tries) == 3
        assert open_locked(path) is None


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with locked_folder(tmp_path):
        assert in_a_thread(lambda: hold(tmp_path)) is None


def test_a_folder_is_tried_and_not_left(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "inner")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(RecurraError, match="taken is a file"):
        check_folder(tmp_path / "taken")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    check_folder(tmp_path / "full")
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"
