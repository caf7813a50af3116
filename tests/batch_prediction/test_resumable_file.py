"""A file in the making and its journal: broken off at any moment, it goes on from what is surely on the disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.batch_prediction import resumable_file
from recurra.batch_prediction.resumable_file import ResumableFile, Tally
from recurra.errors import DataError, ModelFileError, RecurraError


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each checkpoint is written."""
    monkeypatch.setattr(resumable_file, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(resumable_file, "_DISK_SHARE", 1e9)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def last_line(journal: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(journal.read_text().splitlines()[-1])
    return found


@pytest.mark.usefixtures("_often")
def test_the_journal_tells_of_nothing_that_is_not_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, journal = tmp_path / "out.csv", tmp_path / ".out.csv.part.json"
    on_disk: dict[int, int] = {}
    usual = os.fsync

    def fsync(descriptor: int) -> None:
        usual(descriptor)
        status = os.fstat(descriptor)
        on_disk[status.st_ino] = status.st_size
        if journal.stat().st_size:
            assert on_disk[part_number] >= last_line(journal)["bytes"]

    monkeypatch.setattr(os, "fsync", fsync)
    with ResumableFile(out, {}, resume=False) as part:
        part_number = (tmp_path / ".out.csv.part").stat().st_ino
        for count in (1, 2, 3):
            part.write(b"some rows\n")
            part.checkpoint(Tally(count, 0, 0, (count,)))
            assert last_line(journal) == {
                "bytes": 10 * count,
                "crc32": zlib.crc32(b"some rows\n" * count),
                **Tally(count, 0, 0, (count,))._asdict(),
                "counts": [count],
            }
            assert on_disk[journal.stat().st_ino] == journal.stat().st_size
        part.write(b"the end\n")
        part.finish()
    assert on_disk[part_number] == len(out.read_bytes()) == 38


def test_a_slow_disk_is_waited_for_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def fsync(descriptor: int) -> None:
        now[0] += 1.0

    monkeypatch.setattr(resumable_file.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(os, "fsync", fsync)
    journal = tmp_path / ".out.csv.part.json"
    told = []
    with ResumableFile(tmp_path / "out.csv", {}, resume=False) as part:
        # Two seconds of waiting are a twentieth of forty.
        for moment in (1.9, 2.0, 43.9, 44.0):
            now[0] = max(now[0], moment)
            part.checkpoint(Tally(0, 0, 0, ()))
            told.append(len(journal.read_text().splitlines()))
        part.finish()
    assert told == [0, 2, 2, 3]


def broken_off(out: Path, behind: bytes) -> None:
    with ResumableFile(out, {}, resume=False) as file:
        file.write(b"first\n")
        file.checkpoint(Tally(1, 0, 0, (1,)))
        file.write(behind)
        raise KeyboardInterrupt


@pytest.mark.usefixtures("_often")
def test_what_was_written_behind_the_journal_is_cut_off(tmp_path: Path) -> None:
    out, part = tmp_path / "out.csv", tmp_path / ".out.csv.part"
    with pytest.raises(KeyboardInterrupt):
        broken_off(out, b"much more than the rest of the rows\n")
    assert part.read_bytes() == b"first\nmuch more than the rest of the rows\n"
    with ResumableFile(out, {}, resume=True) as file:
        assert file.begun == Tally(1, 0, 0, (1,))
        file.write(b"last\n")
        file.finish()
    assert out.read_bytes() == b"first\nlast\n"


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("lost", ["all", "some"])
def test_a_part_that_is_shorter_than_its_journal_tells_starts_again(lost: str, tmp_path: Path) -> None:
    out, part = tmp_path / "out.csv", tmp_path / ".out.csv.part"
    with pytest.raises(KeyboardInterrupt):
        broken_off(out, b"")
    if lost == "all":
        part.unlink()
    else:
        part.write_bytes(b"fir")
    with ResumableFile(out, {}, resume=True) as file:
        assert file.begun is None
        file.write(b"again\n")
        file.finish()
    assert out.read_bytes() == b"again\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


LINES = [f"row {place}\n".encode() * (1 + place % 3) for place in range(6)]

# A process that writes lines with a checkpoint after each, and is killed at a moment of choice.
WRITE = """
import os, signal, sys
from pathlib import Path
from recurra.batch_prediction import resumable_file
from recurra.batch_prediction.resumable_file import ResumableFile, Tally
resumable_file.CHECKPOINT_SECONDS, resumable_file._DISK_SHARE = 0.0, 1e9
kill, behind = int(sys.argv[2]), sys.argv[3] == "behind"
with ResumableFile(Path(sys.argv[1]), {"data": "x"}, resume=True) as file:
    done = file.begun.rows if file.begun else 0
    print(done, flush=True)
    for place in range(done, 6):
        file.write(f"row {place}\\n".encode() * (1 + place % 3))
        if place == kill and not behind:
            file._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        file.checkpoint(Tally(place + 1, place, 0, (place,)))
        if place == kill:
            os.kill(os.getpid(), signal.SIGKILL)
    file.finish()
"""


@pytest.mark.parametrize("behind", ["before", "behind"])
def test_a_killed_process_leaves_what_the_next_one_goes_on_from(behind: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    def run(kill: int) -> tuple[int, int]:
        command = [sys.executable, "-c", WRITE, str(out), str(kill), behind]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.stderr == ""
        return ran.returncode, int(ran.stdout)

    # Before its checkpoint a row is lost, behind it it is not.
    kept = 1 if behind == "behind" else 0
    assert run(1) == (-signal.SIGKILL, 0)
    assert run(3) == (-signal.SIGKILL, 1 + kept)
    assert not out.exists()
    assert names_in(tmp_path) == [".out.csv.part", ".out.csv.part.json"]
    assert run(-1) == (0, 3 + kept)
    assert out.read_bytes() == b"".join(LINES)
    assert names_in(tmp_path) == ["out.csv"]


def broken_off_after(out: Path, count: int) -> None:
    with ResumableFile(out, {"data": "x"}, resume=False) as file:
        for place in range(count):
            file.write(LINES[place])
            file.checkpoint(Tally(place + 1, 0, place, (place, 2)))
        raise KeyboardInterrupt


def left_behind(out: Path, count: int) -> list[bytes]:
    """What a run leaves that was broken off after so many lines: the file and its journal."""
    with pytest.raises(KeyboardInterrupt):
        broken_off_after(out, count)
    return [out.with_name(f".out.csv.{name}").read_bytes() for name in ("part", "part.json")]


@given(st.data())
def test_whatever_of_the_journal_reached_the_disk_its_last_whole_line_is_gone_on_from(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(resumable_file, "CHECKPOINT_SECONDS", 0.0)
        patch.setattr(resumable_file, "_DISK_SHARE", 1e9)
        out = Path(folder) / "out.csv"
        written, journal = left_behind(out, 4)
        cut = data.draw(st.integers(0, len(journal)))
        tail = data.draw(st.binary(max_size=30))
        out.with_name(".out.csv.part.json").write_bytes(journal[:cut])
        # The first line is the plan; the file may be longer than any line tells.
        rows = max(journal[:cut].count(b"\n") - 1, 0)
        out.with_name(".out.csv.part").write_bytes(written + tail)
        with ResumableFile(out, {"data": "x"}, resume=True) as file:
            if rows:
                assert file.begun == Tally(rows, 0, rows - 1, (rows - 1, 2))
            else:
                assert file.begun is None
            for line in LINES[rows:]:
                file.write(line)
            file.finish()
        assert out.read_bytes() == b"".join(LINES)
        assert names_in(out.parent) == ["out.csv"]


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("place", [0, 7, -1])
def test_a_part_that_was_changed_is_not_gone_on_from(place: int, tmp_path: Path) -> None:
    out, part = tmp_path / "out.csv", tmp_path / ".out.csv.part"
    written = bytearray(left_behind(out, 2)[0][: last_line(tmp_path / ".out.csv.part.json")["bytes"]])
    written[place] ^= 1
    part.write_bytes(written)
    with (
        pytest.raises(RecurraError, match=r"\.out\.csv\.part was changed or damaged .* Leave out resume=True"),
        ResumableFile(out, {"data": "x"}, resume=True),
    ):
        pass
    assert part.read_bytes() == written
    with ResumableFile(out, {"data": "x"}, resume=False) as file:
        file.write(b"again\n")
        file.finish()
    assert names_in(tmp_path) == ["out.csv"]


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"no json\n",
        b"[]\n[]\n",
        b'{"plan": {"data": "x"}}\n',
        b'{"plan": {"data": "x"}}\n{"bytes": 3}\n',
        b'{"plan": {"data": "x"}}\n{"bytes": "x", "rows": 1, "empty": 0, "unanswered": 0, "counts": [1]}\n',
        b'{"plan": {"data": "x"}}\n{"bytes": 3, "rows": 1, "empty": 0, "unanswered": 0, "counts": 7}\n',
        b"\xff\xfe\n",
    ],
)
def test_a_journal_that_tells_nothing_starts_again(journal: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    left_behind(out, 2)
    (tmp_path / ".out.csv.part.json").write_bytes(journal)
    with ResumableFile(out, {"data": "x"}, resume=True) as file:
        assert file.begun is None
        file.write(b"again\n")
        file.finish()
    assert out.read_bytes() == b"again\n"


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"data": "y"}, "was begun with data 'x', and this run has 'y'"),
        ({"data": "x", "below": 0.5}, "was begun with no below, and this run has 0.5"),
        ({}, "was begun with data 'x', and this run has none"),
    ],
)
def test_a_run_of_another_plan_is_refused_and_nothing_is_lost(
    plan: dict[str, Any], message: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    left = left_behind(out, 2)
    with pytest.raises(RecurraError, match=message), ResumableFile(out, plan, resume=True):
        pass
    assert [(tmp_path / f".out.csv.{name}").read_bytes() for name in ("part", "part.json")] == left
    with ResumableFile(out, {"data": "x"}, resume=True) as file:
        assert file.begun == Tally(2, 0, 1, (1, 2))
        file.finish()


def ended_by(error: BaseException, out: Path, *, checkpoint: bool) -> None:
    with ResumableFile(out, {}, resume=False) as file:
        file.write(b"some\n")
        if checkpoint:
            file.checkpoint(Tally(1, 0, 0, (1,)))
        assert file.kept == checkpoint
        raise error


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize(
    ("error", "comes_again"),
    [
        (DataError("Bad", "Mend it."), True),
        (ModelFileError("Bad", "Mend it."), True),
        (RecurraError("The disk is full", "Make room."), False),
        (KeyboardInterrupt(), False),
        (OSError("gone"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_could_be_gone_on_with_is_left_unless_the_error_would_come_again(
    error: BaseException, comes_again: bool, checkpoint: bool, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_bytes(b"old")
    with pytest.raises(type(error)):
        ended_by(error, tmp_path / "out.csv", checkpoint=checkpoint)
    left = [".out.csv.part", ".out.csv.part.json"] if checkpoint and not comes_again else []
    assert names_in(tmp_path) == [*left, "out.csv"]
    assert (tmp_path / "out.csv").read_bytes() == b"old"


@pytest.fixture
def _small_files() -> Iterator[None]:
    """The system lets no file grow over 45,000 bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (45_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def too_large(out: Path, plan: dict[str, Any], *, resumable: bool = True) -> None:
    with ResumableFile(out, plan, resume=False, resumable=resumable) as file:
        for place in range(6):
            # Some bytes of the next rows are in a buffer each time.
            file.write(b"x" * 9_989 + b"\n")
            file.write(b"some rows\n")
            file.checkpoint(Tally(place + 1, 0, 0, (place,)))


@pytest.mark.usefixtures("_small_files")
def test_a_file_that_cannot_grow_is_kept_up_to_its_last_whole_rows(tmp_path: Path) -> None:
    out, rows = tmp_path / "out.csv", b"x" * 9_989 + b"\nsome rows\n"
    with pytest.raises(RecurraError) as caught:
        too_large(out, {})
    assert caught.value.for_commands.endswith("place; the same command with --resume goes on after 4 rows.")
    assert (tmp_path / ".out.csv.part").read_bytes() == rows * 4
    with ResumableFile(out, {}, resume=True) as file:
        assert file.begun == Tally(4, 0, 0, (3,))
        file.write(b"last\n")
        file.finish()
    assert out.read_bytes() == rows * 4 + b"last\n"
    assert names_in(tmp_path) == ["out.csv"]


@pytest.mark.usefixtures("_small_files")
@pytest.mark.parametrize(("plan", "resumable"), [({"data": "x" * 45_000}, True), ({}, False)], ids=["journal", "pipe"])
def test_where_nothing_can_be_kept_the_error_says_so(plan: dict[str, Any], resumable: bool, tmp_path: Path) -> None:
    with pytest.raises(RecurraError, match=r"ulimit -f.*; the answers so far were dropped\."):
        too_large(tmp_path / "out.csv", plan, resumable=resumable)
    assert names_in(tmp_path) == []


def test_a_file_of_another_form_is_made_in_the_end(tmp_path: Path) -> None:
    out = tmp_path / "out.upper"

    def upper(stream: Path, file: Any) -> None:
        assert stream == tmp_path / ".out.upper.part"
        file.write(stream.read_bytes().upper())

    # A run that was killed at this point leaves it.
    (tmp_path / ".out.upper.part.tmp").write_bytes(b"half")
    with ResumableFile(out, {}, resume=False) as file:
        assert file.write(b"words\n") == 6
        assert file.flushed
        file.finish(upper)
    assert out.read_bytes() == b"WORDS\n"
    assert names_in(tmp_path) == ["out.upper"]


@pytest.mark.usefixtures("_often")
def test_a_form_that_cannot_be_made_leaves_what_there_was(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_bytes(b"old")

    def failing(stream: Path, file: Any) -> None:
        file.write(b"half")
        raise RecurraError("The disk is full", "Make room.")

    with ResumableFile(out, {}, resume=False) as file:
        file.write(LINES[0])
        file.checkpoint(Tally(1, 0, 0, (1,)))
        with pytest.raises(RecurraError, match="The disk is full"):
            file.finish(failing)
    assert out.read_bytes() == b"old"
    assert names_in(tmp_path) == [".out.csv.part", ".out.csv.part.json", "out.csv"]


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out = tmp_path / "out.csv"
    with ResumableFile(out, {}, resume=False) as file:
        for resume in (False, True):
            with (
                pytest.raises(RecurraError, match="is being written by another process"),
                ResumableFile(out, {}, resume=resume),
            ):
                pass
        file.write(b"whole\n")
        file.finish()
    assert out.read_bytes() == b"whole\n"


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(RecurraError, match=r"missing/out\.csv cannot be written"),
        ResumableFile(tmp_path / "missing" / "out.csv", {}, resume=False),
    ):
        pass
    assert names_in(tmp_path) == []
