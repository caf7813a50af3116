from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from recurra.atomic import AtomicFile, check_file, write_atomically, write_if_changed
from recurra.errors import RecurraError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_arrive_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.bin", b"one\r\ntwo\0")
    assert (tmp_path / "a.bin").read_bytes() == b"one\r\ntwo\0"
    assert names(tmp_path) == ["a.bin"]


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"much longer than the new one")
    write_atomically(str(tmp_path / "a.bin"), b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_a_file_with_the_same_bytes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_if_changed(path, b"one")
    os.utime(path, ns=(10**18, 10**18))
    write_if_changed(path, b"one")
    assert path.stat().st_mtime_ns == 10**18
    write_if_changed(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mtime_ns != 10**18
    with pytest.raises(RecurraError, match="Make its folder first"):
        write_if_changed(tmp_path / "none" / "f", b"one")


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a.bin", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.bin").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o664, 0o400])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    path.chmod(mode)
    before = os.umask(0o022)
    try:
        with AtomicFile(path) as file:
            # Nobody else may look at a private file while it is written either.
            assert [stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir() if one != path] == [0o600]
            file.write(b"new")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.bin").write_bytes(b"old")
    (tmp_path / "link.bin").symlink_to(tmp_path / "real.bin")
    write_atomically(tmp_path / "link.bin", b"new")
    assert (tmp_path / "link.bin").is_symlink()
    assert (tmp_path / "real.bin").read_bytes() == b"new"


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("existing", [None, b"old"])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, existing: bytes | None
) -> None:
    path = tmp_path / "a.bin"
    if existing is not None:
        path.write_bytes(existing)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync", full), "replace": (Path, "replace", full)}[broken])
    with pytest.raises(RecurraError, match=r"a\.bin cannot be written: No space left on device\. Free some space"):
        write_atomically(path, b"new")
    assert names(tmp_path) == ([] if existing is None else ["a.bin"])
    assert existing is None or path.read_bytes() == existing


def test_the_disk_has_the_bytes_before_the_name_and_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(handle: int) -> None:
        folder = os.path.samestat(os.fstat(handle), tmp_path.stat())
        steps.append("folder" if folder else f"{os.fstat(handle).st_size} bytes")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("replace"), replace(self, to))[1])
    write_atomically(tmp_path / "a.bin", b"four")
    assert steps == ["4 bytes", "replace", "folder"]


def test_a_file_system_that_cannot_sync_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def synced(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", synced)
    write_atomically(tmp_path / "a.bin", b"four")
    assert (tmp_path / "a.bin").read_bytes() == b"four"


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a.bin", b"new")
    assert names(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecurraError, match=r"none/a\.bin cannot be written: No such file.*Make its folder first"):
        write_atomically(tmp_path / "none" / "a.bin", b"x")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(RecurraError, match=r"is a folder\. Give the name of a file"):
        write_atomically(tmp_path, b"x")
    assert tmp_path.is_dir()


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecurraError, match="is no regular file"):
        write_atomically(tmp_path / "pipe", b"x")
    assert names(tmp_path) == ["pipe"]


def test_a_null_character_in_the_path_is_named() -> None:
    with pytest.raises(RecurraError, match="null"):
        write_atomically("a\0b", b"x")


def test_a_folder_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, whom no mode stops: the refusal itself is what is simulated.
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(RecurraError, match=r"Permission denied\. Choose a folder that you may write to"):
        write_atomically(tmp_path / "a.bin", b"x")


def test_the_longest_names_are_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"
    with pytest.raises(RecurraError, match="Choose a shorter name"):
        write_atomically(tmp_path / ("n" * 256), b"x")


def test_a_file_in_the_making_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with AtomicFile(path) as file:
        assert (file.write(b"one "), file.tell()) == (4, 4)
        assert (file.write(b"two"), file.tell()) == (3, 7)
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"one two"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError("of the caller's"), KeyboardInterrupt()])
def test_an_error_inside_leaves_the_old_file_and_is_not_changed(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def write() -> None:
        with AtomicFile(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)) as caught:
        write()
    assert caught.value is error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_disk_that_fills_while_writing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")

    def write(at_once: int) -> None:
        with AtomicFile(tmp_path / "a.bin") as file:
            file._file.close()
            file._file = Path("/dev/full").open("wb")  # noqa: SIM115 - the file closes it
            for _ in range(3):
                file.write(b"x" * at_once)

    # A large piece fails when it is written, a small one when the buffer is.
    for at_once in (1 << 20, 1):
        with pytest.raises(RecurraError, match=r"a\.bin cannot be written: No space left on device\. Free some space"):
            write(at_once)
        assert names(tmp_path) == []


def test_a_file_is_tried_and_not_left(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    for name in ("mine.csv", "new.csv"):
        check_file(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
    assert (tmp_path / "mine.csv").read_text() == "mine"
    with pytest.raises(RecurraError, match=r"none/new\.csv cannot be written.*Make its folder first"):
        check_file(tmp_path / "none" / "new.csv")
