"""An output file that an interrupted run can resume: a temporary file beside its target, and a journal of progress.

A line is appended to the journal only after the bytes that it describes have been synced to disk, so the last complete
line is true whatever kills the process. To resume, the file is truncated to that length, which must have the checksum
that the line tells, and the rows in it are skipped.
A prediction does not depend on the other rows of its batch, so the finished file is the same to the byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from recurra.atomic import AtomicFile, take_name, target_of, told
from recurra.batch_prediction.resume_plan import check_same_plan
from recurra.errors import DataError, ModelFileError, RecurraError
from recurra.locks import open_for_update, open_locked

__all__ = ["CHECKPOINT_SECONDS", "ResumableFile", "Tally"]

CHECKPOINT_SECONDS = 2.0
"""Minimum time between two lines of the journal."""

# Maximum share of the run time that is spent waiting for the disk.
_DISK_SHARE = 0.05

# Bytes that are read at once to compare the checksum.
_PIECE = 1 << 20


class Tally(NamedTuple):
    """Counts of the rows that have been predicted.

    Attributes:
        rows: number of rows.
        empty: number of rows without text.
        unanswered: number of rows that got no label.
        counts: number of rows with each label, in the model's order.
        without_text: number of rows with a title and no text, where the model reads both.
    """

    rows: int
    empty: int
    unanswered: int
    counts: tuple[int, ...]
    without_text: int = 0


class _Block(NamedTuple):
    """A place in the file behind whole rows: the rows before it, the bytes, and their CRC-32."""

    tally: Tally
    place: int
    checksum: int


class _Journal(NamedTuple):
    """The plan of a run, the rows that it has predicted, the bytes of its journal and of its file, and their CRC-32."""

    plan: dict[str, Any]
    tally: Tally
    length: int
    place: int
    checksum: int


class ResumableFile:
    """An output file whose partial content survives an interrupted process.

    It is written to inside a ``with`` block; :meth:`finish` moves it to its final name. An error in the data or the
    model, which would occur again, removes the partial file; any other early exit leaves it, if there is a checkpoint
    to resume from. Where it cannot be written, as on a full disk, it is cut behind the last whole rows, which gives
    room for a checkpoint there.

    Args:
        out: the final path; its folder must exist.
        plan: everything that the content depends on, as JSON values under names for messages
            (:mod:`recurra.batch_prediction.resume_plan`); a run resumes only one with the same plan.
        resume: continue where an earlier run ended, if there was one.
        resumable: whether a later run can read the data again; without it an interrupted run leaves nothing.

    Attributes:
        begun: the rows that an earlier run has predicted, ``None`` if there is nothing to resume.
        dropped: those that one has left and that are predicted again, without ``resume``.

    Raises:
        RecurraError: the file cannot be written, another process is writing it, the earlier run had another plan, or
            what it has written was changed since.
    """

    def __init__(self, out: Path, plan: Mapping[str, Any], *, resume: bool, resumable: bool = True) -> None:
        self.out, self.plan, self.resume = out, dict(plan), resume
        self._resumable = resumable
        self.begun: Tally | None = None
        self.dropped: Tally | None = None
        with told(out):
            target = target_of(out)
        self._target = target
        self._part = target.with_name(f".{target.name[:100]}.part")
        self._log = target.with_name(f".{target.name[:100]}.part.json")
        # Of one name, so that what a killed process leaves is found; the journal's lock keeps others from it.
        self._converted = target.with_name(f".{target.name[:100]}.part.tmp")
        self._place, self._checksum, self._kept = 0, 0, False
        # Behind the last whole rows that the system has taken, and behind those of the journal's last line.
        self._whole: _Block | None = None
        self._stored: _Block | None = None
        self._failed = False
        self._last, self._cost = time.monotonic(), 0.0

    def __enter__(self) -> Self:
        with told(self.out):
            journal = open_locked(self._log)
        if journal is None:
            raise RecurraError(
                f"{self.out} is being written by another process", "Wait for it, or give another name with --out."
            )
        self._journal = journal
        try:
            found = self._read_journal()
            length = place = 0
            if found is not None and self.resume:
                check_same_plan(self.out, found.plan, self.plan)
                self._check_unchanged(found)
                self.begun, length, place = found.tally, found.length, found.place
                self._checksum = found.checksum
                self._whole = self._stored = _Block(found.tally, found.place, found.checksum)
            elif found is not None:
                self.dropped = found.tally
            with self._errors_of_start():
                self._converted.unlink(missing_ok=True)
                self._file = open_for_update(self._part, private=self._target.exists())
                self._file.truncate(place)
                self._file.seek(place)
                self._journal.truncate(length)
                self._journal.seek(length)
            self._place, self._kept = place, self.begun is not None
        except BaseException:
            self._journal.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        comes_again = isinstance(error, DataError | ModelFileError)
        unwritten = error if self._failed and isinstance(error, RecurraError) and not comes_again else None
        if unwritten is not None:
            self._keep_whole_rows()
        if comes_again or not self._kept:
            self._part.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._journal.close()
        if unwritten is not None:
            raise self._with_what_is_kept(unwritten) from unwritten

    @property
    def kept(self) -> bool:
        """Whether a later run can resume from the partial file."""
        return self._kept

    @property
    def flushed(self) -> bool:
        """Whether all bytes received have been written."""
        return True

    def write(self, data: bytes, /) -> int:
        """Appends bytes and returns their number."""
        with self._written():
            self._file.write(data)
        self._place += len(data)
        self._checksum = zlib.crc32(data, self._checksum)
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered here."""

    def checkpoint(self, tally: Tally) -> None:
        """Notes that the bytes written until now hold these rows, and records it in the journal every few seconds."""
        start = time.monotonic()
        with self._written():
            self._file.flush()
            self._whole = _Block(tally, self._place, self._checksum)
            if not self._resumable or start - self._last < max(CHECKPOINT_SECONDS, self._cost / _DISK_SHARE):
                return
            self._sync()
            self._record(self._whole)
        self._last = time.monotonic()
        self._cost = self._last - start

    def finish(self, convert: Callable[[Path, Any], None] | None = None) -> None:
        """Moves the file to its final name and removes the journal.

        Args:
            convert: writes the final file from the partial one, where their formats differ.
        """
        with self._written():
            self._sync()
            if convert is None:
                take_name(self._part, self._target)
        if convert is not None:
            with self._written(), AtomicFile(self.out, temporary=self._converted) as file:
                convert(self._part, file)
            self._part.unlink(missing_ok=True)
        self._kept = False

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        """As :func:`told`, and notes that the file could not be written."""
        try:
            with told(self.out):
                yield
        except RecurraError:
            self._failed = True
            raise

    def _sync(self) -> None:
        self._file.flush()
        # Of bytes that could not be synced some may be lost, though the system had taken them.
        whole, self._whole = self._whole, self._stored
        os.fsync(self._file.fileno())
        self._whole = whole

    def _record(self, block: _Block) -> None:
        """Writes a line of the journal on bytes that have been synced."""
        lines: list[dict[str, Any]] = [] if self._kept else [{"plan": self.plan}]
        lines.append({"bytes": block.place, "crc32": block.checksum, **block.tally._asdict()})
        self._journal.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._stored, self._kept = block, True

    def _keep_whole_rows(self) -> None:
        """Cuts the file behind its last whole rows and records them, if that is possible."""
        if self._whole is None or not self._resumable:
            return
        with contextlib.suppress(OSError):
            # Opened again: the bytes that could not be written would be written once more before it is cut.
            with open_for_update(self._part) as part:
                part.truncate(self._whole.place)
                os.fsync(part.fileno())
            if self._whole != self._stored:
                self._record(self._whole)

    def _with_what_is_kept(self, error: RecurraError) -> RecurraError:
        """An error of writing that says which rows need not be answered again."""
        hint = error.hint.rstrip(".")
        if self._kept and self._stored is not None:
            hint = f"{hint}; the same command with --resume goes on after {self._stored.tally.rows:,} rows"
        elif self._whole is not None:
            hint = f"{hint}; the answers so far were dropped"
        return type(error)(error.received, f"{hint}.")

    def _read_journal(self) -> _Journal | None:
        """What the journal says; ``None`` if there is nothing to go on from."""
        if not self._part.exists():
            return None
        content = self._journal.read()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        try:
            plan = dict(json.loads(lines[0])["plan"])
            last = json.loads(lines[-1])
            place, checksum = int(last["bytes"]), int(last["crc32"])
            rows, empty, unanswered = (int(last[name]) for name in ("rows", "empty", "unanswered"))
            tally = Tally(rows, empty, unanswered, tuple(map(int, last["counts"])), int(last["without_text"]))
        except (IndexError, ValueError, KeyError, TypeError):
            # Killed before the first line was complete.
            return None
        return None if self._part.stat().st_size < place else _Journal(plan, tally, len(whole), place, checksum)

    def _check_unchanged(self, found: _Journal) -> None:
        """Raises a :class:`RecurraError` if the partial file does not hold the bytes that were written to it."""
        checksum, left = 0, found.place
        with told(self.out), self._part.open("rb") as part:
            while piece := part.read(min(left, _PIECE)):
                checksum, left = zlib.crc32(piece, checksum), left - len(piece)
        if checksum != found.checksum:
            raise RecurraError(
                f"{self._part} was changed or damaged since the earlier run wrote it",
                "Leave out --resume to start again.",
            )

    @contextlib.contextmanager
    def _errors_of_start(self) -> Iterator[None]:
        """As :func:`told`; removes a journal without a checkpoint."""
        try:
            with told(self.out):
                yield
        except RecurraError:
            if self.begun is None:
                self._log.unlink(missing_ok=True)
            raise
