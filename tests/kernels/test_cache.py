"""Cached kernels whose files are damaged, or cannot be written."""

from __future__ import annotations

import errno
import io
import logging
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

numba = pytest.importorskip("numba")

from recurra.kernels import compiled  # noqa: E402 - needs Numba

# Small kernels: one that Python calls, and one that other kernels call as a function of C.
KERNELS = {"unique_ids": compiled.kernels_of, "training.simple_rnn": compiled.addresses_of}

Damage = Callable[[bytes], bytes]


def compile_in(folder: Path, name: str) -> Any:
    """Compiles or loads kernels as a new process would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        return KERNELS[name].__wrapped__(name)


def files(folder: Path, ending: str = "nb?") -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob(f"*.{ending}")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with both."""
    folder = tmp_path_factory.mktemp("whole")
    for name in KERNELS:
        compile_in(folder, name)
    assert len(files(folder, "nbi")) == len(files(folder, "nbc")) > 1
    return folder


@pytest.fixture
def cache(whole: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Path:
    """A copy of the cache, for tests to damage; what is said of it is heard, whatever --quiet of another test did."""
    caplog.set_level(logging.WARNING, "recurra.kernels")
    return shutil.copytree(whole, tmp_path / "cache")


def flipped(place: float) -> Damage:
    def flip(data: bytes) -> bytes:
        at = int(place * len(data))
        return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]

    return flip


def of_no_entries(data: bytes) -> bytes:
    """An index of this Numba and these sources, with a list where its dictionary should be."""
    stream = io.BytesIO(data)
    version, (stamp, _) = pickle.load(stream), pickle.load(stream)  # noqa: S301 - written by this test's own process
    return pickle.dumps(version) + pickle.dumps((stamp, ["no", "entries"]))


def zeroed(data: bytes) -> bytes:
    """A page of the disk that was never written."""
    return data[:4096] + bytes(len(data[4096:8192])) + data[8192:]


DAMAGES: dict[str, Damage] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)),
    "a page": lambda data: b"<html>Not found</html>\n" * 9,
}
INDEX: dict[str, Damage] = {
    **DAMAGES,
    "no index": lambda data: pickle.dumps(numba.__version__) + pickle.dumps(7),
    "no entries": of_no_entries,
}
CODE: dict[str, Damage] = {
    **DAMAGES,
    "another object": lambda data: pickle.dumps(["no", "kernel"]),
    "a page of zeros": zeroed,
    **{f"a bit at {place}": flipped(place) for place in (0.1, 0.3, 0.5, 0.7, 0.9)},
}


CASES = [
    *[("unique_ids", "nbi", one) for one in INDEX],
    *[("unique_ids", "nbc", one) for one in CODE],
    *[("training.simple_rnn", ending, "empty") for ending in ("nbi", "nbc")],
    ("training.simple_rnn", "nbc", "a page of zeros"),
]


@pytest.mark.parametrize(("name", "ending", "damage"), CASES, ids=map("-".join, CASES))
def test_damaged_files_are_compiled_again_and_replaced(
    name: str, ending: str, damage: str, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Machine code with a changed bit would end the process without a word, or give other answers."""
    change = {"nbi": INDEX, "nbc": CODE}[ending][damage]
    for path, data in files(cache, ending).items():
        path.write_bytes(change(data))
    damaged = files(cache)
    compile_in(cache, name)
    (said,) = caplog.messages
    assert said.startswith(f"Compiled the {name} kernels again, because the cached ones were damaged, in ")
    assert files(cache) != damaged
    compile_in(cache, name)
    assert len(caplog.messages) == 1


def test_a_missing_file_of_code_is_no_damage(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    for path in files(cache, "nbc"):
        path.unlink()
    compile_in(cache, "unique_ids")
    assert caplog.messages[0].startswith("Compiled the unique_ids kernels in ")


def test_processes_that_begin_together_all_get_their_kernels(cache: Path) -> None:
    for path in files(cache):
        path.write_bytes(b"")
    command = [sys.executable, "-c", "from recurra.kernels.compiled import kernels_of; kernels_of('unique_ids')"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    begun = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    said = [process.communicate()[1] for process in begun]
    assert [process.returncode for process in begun] == [0, 0, 0], said
    assert all("Traceback" not in one and one.count("\n") <= 1 for one in said)
    last = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (last.returncode, last.stderr) == (0, "")


def test_a_file_takes_its_name_only_when_it_is_whole(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever ends the process earlier, a reader finds the file of before, or none."""
    named: dict[str, int] = {}
    replace = os.replace

    def watched(source: str, target: str) -> None:
        assert Path(source).parent == Path(target).parent
        assert not Path(target).exists()
        named[target] = Path(source).stat().st_size
        replace(source, target)

    for path in files(cache):
        path.unlink()
    monkeypatch.setattr(os, "replace", watched)
    compile_in(cache, "unique_ids")
    assert named == {str(path): len(data) for path, data in files(cache).items()}
    assert len(named) == 2


def test_a_full_disk_does_not_keep_a_kernel_from_being_used(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    for path in files(cache):
        path.write_bytes(b"")
    monkeypatch.setattr(os, "replace", full)
    compile_in(cache, "unique_ids")
    (said,) = caplog.messages
    assert said.endswith("; they cannot be kept: No space left on device.")
    assert all(data == b"" for data in files(cache).values())
    assert not list(cache.rglob("*.tmp.*"))


def locked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing under the folder can be made or written any more, not even by the superuser, whom no mode stops."""
    open_file, make = os.open, os.mkdir

    def refuse(path: Any) -> None:
        if isinstance(path, str | Path) and cache in Path(path).parents:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    def opened(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            refuse(Path(path, "temporary"))
        return open_file(path, flags, *more, **named)

    def made(path: Any, *more: Any, **named: Any) -> None:
        if not Path(path).exists():
            refuse(path)
        make(path, *more, **named)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "mkdir", made)
    if os.name == "posix" and os.geteuid():
        for folder in [cache, *(path for path in cache.rglob("*") if path.is_dir())]:
            folder.chmod(0o555)


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_are_read_from_a_folder_that_cannot_be_written(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An image with compiled kernels in it, whose file system is read-only."""
    before = files(cache)
    locked(cache, monkeypatch)
    assert compile_in(cache, name)
    assert caplog.messages == []
    assert files(cache) == before


def test_kernels_that_a_read_only_folder_does_not_hold_are_compiled_in_memory(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (folder,) = {path.parent for path in files(cache) if path.name.startswith("unique_ids")}
    shutil.rmtree(folder)
    before = files(cache)
    locked(cache, monkeypatch)
    assert vars(compile_in(cache, "unique_ids"))
    (said,) = caplog.messages
    assert said.startswith("Compiled the unique_ids kernels in ")
    assert said.endswith("; they cannot be kept: Read-only file system.")
    assert files(cache) == before
