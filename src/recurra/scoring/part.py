"""The output of a long run while it is written: beside its place, with a journal of how far it is whole.

The journal is appended to only after what it tells of has reached the disk, so whatever kills the process, the last
whole line of the journal is true. Going on means cutting the file to that length and passing over the rows that it
holds; rows are answered the same in any company, so the end is the same to the byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from recurra.atomic import AtomicFile, take_name, target_of, told
from recurra.errors import DataError, ModelFileError, RecurraError, SettingsError
from recurra.locks import open_for_update, open_locked

__all__ = ["CHECKPOINT_SECONDS", "PartFile", "Tally"]

CHECKPOINT_SECONDS = 2.0
"""Time between two lines of the journal, at least."""

# Of the time that may go into waiting for the disk.
_DISK_SHARE = 0.05


class Tally(NamedTuple):
    """What has been answered.

    Attributes:
        rows: how many.
        empty: how many of them had no text.
        unanswered: how many of them got no label.
        counts: rows that got each label, in the model's order.
    """

    rows: int
    empty: int
    unanswered: int
    counts: tuple[int, ...]


class PartFile:
    """A file in the making that survives its process.

    Inside a ``with`` block it is written to; :meth:`finish` gives it its name. An error in the data or of the model,
    which would come again, removes what was written; what else ends the block early leaves it, if it is worth going on
    from.

    Args:
        out: the file; its folder must exist.
        plan: what the bytes hang on, as JSON values: a run goes on only from one of the same plan.
        resume: go on where an earlier run ended, if there was one.

    Attributes:
        begun: what an earlier run has answered, ``None`` from the beginning.

    Raises:
        RecurraError: it cannot be written, or another process is writing it.
        SettingsError: the earlier run had another plan.
    """

    def __init__(self, out: Path, plan: Mapping[str, Any], *, resume: bool) -> None:
        self.out, self.plan, self.resume = out, dict(plan), resume
        self.begun: Tally | None = None
        with told(out):
            target = target_of(out)
        self._target = target
        self._part = target.with_name(f".{target.name[:100]}.part")
        self._log = target.with_name(f".{target.name[:100]}.part.json")
        self._place, self._kept = 0, False
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
            length, place = self._read_journal() if self.resume else (0, 0)
            with self._told_anew():
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
        if isinstance(error, DataError | ModelFileError) or not self._kept:
            self._part.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)
        self._journal.close()

    @property
    def kept(self) -> bool:
        """Whether a later run could go on from what there is."""
        return self._kept

    @property
    def settled(self) -> bool:
        """Whether all that was given has been written."""
        return True

    def write(self, data: bytes, /) -> int:
        """Puts bytes behind those that are there, and tells how many."""
        with told(self.out):
            self._file.write(data)
        self._place += len(data)
        return len(data)

    def flush(self) -> None:
        """All that was given has been written."""

    def checkpoint(self, tally: Tally) -> None:
        """Notes that the bytes until here answer so many rows; not more often than it is worth."""
        start = time.monotonic()
        if start - self._last < max(CHECKPOINT_SECONDS, self._cost / _DISK_SHARE):
            return
        with told(self.out):
            self._file.flush()
            os.fsync(self._file.fileno())
            lines: list[dict[str, Any]] = [] if self._kept else [{"plan": self.plan}]
            lines.append({"bytes": self._place, **tally._asdict()})
            self._journal.write("".join(json.dumps(line) + "\n" for line in lines).encode())
            self._journal.flush()
            os.fsync(self._journal.fileno())
        self._kept = True
        self._last = time.monotonic()
        self._cost = self._last - start

    def finish(self, convert: Callable[[Path, Any], None] | None = None) -> None:
        """Gives the file its name, and removes the journal.

        Args:
            convert: makes the file out of what was written, where that is of another form.
        """
        with told(self.out):
            self._file.flush()
            os.fsync(self._file.fileno())
            if convert is None:
                take_name(self._part, self._target)
        if convert is not None:
            with AtomicFile(self.out) as file:
                convert(self._part, file)
            self._part.unlink(missing_ok=True)
        self._kept = False

    def _read_journal(self) -> tuple[int, int]:
        """Bytes of the journal's whole lines, and of the file that they tell of."""
        if not self._part.exists():
            return 0, 0
        content = self._journal.read()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.splitlines()
        try:
            plan = json.loads(lines[0])["plan"]
            last = json.loads(lines[-1])
            place = int(last.pop("bytes"))
            rows, empty, unanswered = (int(last[name]) for name in ("rows", "empty", "unanswered"))
            tally = Tally(rows, empty, unanswered, tuple(map(int, last["counts"])))
        except (IndexError, ValueError, KeyError, TypeError):
            # Killed before the first line was whole.
            return 0, 0
        for name in [*plan, *self.plan]:
            if plan.get(name) != self.plan.get(name):
                raise SettingsError(
                    f"{self.out} was begun with {name} {plan.get(name)!r:.100}, not {self.plan.get(name)!r:.100}",
                    "Give the same as then, or leave out --resume to begin anew.",
                )
        if self._part.stat().st_size < place:
            return 0, 0
        self.begun = tally
        return len(whole), place

    @contextlib.contextmanager
    def _told_anew(self) -> Iterator[None]:
        """As :func:`told`; a journal that tells of nothing does not stay behind."""
        try:
            with told(self.out):
                yield
        except RecurraError:
            if self.begun is None:
                self._log.unlink(missing_ok=True)
            raise
