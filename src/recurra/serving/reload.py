"""Models are read again when their files are replaced, while the old ones answer."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from recurra.bundle import digest_of
from recurra.errors import RecurraError
from recurra.runtime import Model
from recurra.serving.model_registry import ModelRegistry

__all__ = ["ModelFiles", "Reloader", "hangs_up", "read_replacements"]

_log = logging.getLogger(__name__)

Made = TypeVar("Made")
Read = Callable[[Path], Model]


class _Version(NamedTuple):
    inode: int
    size: int
    time: int


class ModelFiles:
    """The files of a service's models. Make it before they are read for the first time, so that no change is missed.

    Args:
        paths: the files by the models' names.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths = dict(paths)
        self._read = {name: _version(path) for name, path in self.paths.items()}
        self._seen = dict(self._read)
        self._gone: set[str] = set()

    def replaced(self, *, every: bool = False) -> list[str]:
        """The models whose files were replaced since they were read, and have not changed since the last call.

        A file that is being written changes from call to call; one that is gone counts when there is a new one. That it
        is gone is logged once.

        Args:
            every: all models, which are read now.
        """
        found = []
        for name, path in self.paths.items():
            now = _version(path)
            if every or (now is not None and now == self._seen[name] and now != self._read[name]):
                self._read[name] = now
                found.append(name)
            self._note_gone(name, now, every=every)
            self._seen[name] = now
        return found

    def _note_gone(self, name: str, now: _Version | None, *, every: bool) -> None:
        """Logs a file that was gone at the last call as well: it is for a moment where another is copied there."""
        if now is not None:
            self._gone.discard(name)
        elif every:
            # Reading it says so.
            self._gone.add(name)
        elif self._seen[name] is None and name not in self._gone:
            self._gone.add(name)
            _log.warning(
                "The file of the model %s is gone, %s: the model in memory goes on answering", name, self.paths[name]
            )


def _version(path: Path) -> _Version | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Version(found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def read_replacements(
    paths: Mapping[str, Path],
    names: Iterable[str],
    digests: Mapping[str, str],
    *,
    read: Read,
    make: Callable[[str, Model], Made],
    count: Callable[[str, str], None] = lambda name, result: None,
) -> dict[str, Made]:
    """Reads models again, and makes something of each that is another one now.

    A file that cannot be used, or a model that does not answer, is logged in one line and left out.

    Args:
        paths: the files by the models' names.
        names: the models to read.
        digests: the digests of the models that answer now.
        read: reads a model file.
        make: warms up a model.
        count: called with each name and one of :data:`recurra.serving.reload_counts.RESULTS`.

    Returns:
        What was made, by name.
    """
    found = {}
    for name in names:
        old, result = digests[name], "failed"
        try:
            # Read also where its header names the same digest: a copy of this very model may be cut.
            digest, model = digest_of(paths[name]), read(paths[name])
            if digest == old:
                result = "unchanged"
            else:
                found[name] = make(name, model)
                result = "replaced"
                _log.info("The model %s is %.12s from now on, and was %.12s", name, digest, old)
        except RecurraError as error:
            _log.error("The model %s stays %.12s, for its new file cannot be used: %s", name, old, error)
        except Exception:
            _log.exception("The model %s stays %.12s", name, old)
        count(name, result)
    return found


class Reloader:
    """Replaces models of a running service. Call it on the event loop only.

    Args:
        files: the models' files.
        models: the models that answer.
        watch: whether to look at the files every second.
        read: reads a model file.
        count: see :func:`read_replacements`.
    """

    def __init__(
        self,
        files: ModelFiles,
        models: ModelRegistry,
        *,
        watch: bool,
        read: Read,
        count: Callable[[str, str], None] = lambda name, result: None,
    ) -> None:
        self._files, self._models, self._watch, self._read_model, self._count = files, models, watch, read, count
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def request(self) -> None:
        """Asks for all files to be read again; a signal handler may call it."""
        self._wanted = True

    def tick(self, counter: int) -> None:
        """Begins what is due, if nothing is being read. Called ten times a second."""
        if self._task is not None and not self._task.done():
            return
        if self._wanted or (self._watch and counter % 10 == 0):
            every, self._wanted = self._wanted, False
            self._task = asyncio.create_task(self._look(every))

    async def _look(self, every: bool) -> None:
        # In a thread, because reading takes a while, and looking does where the files are on another machine.
        names = await asyncio.to_thread(self._files.replaced, every=every)
        if not names:
            return
        digests = {one.name: one.digest for one in self._models.served}
        made = await asyncio.to_thread(
            read_replacements,
            self._files.paths,
            names,
            digests,
            read=self._read_model,
            make=self._models.make,
            count=self._count,
        )
        self._models.replace(list(made.values()))


def hangs_up() -> Callable[[], bool]:
    """A function that says whether a SIGHUP means that the terminal is gone, and not that models are to be read again.

    Call it at the start: under ``nohup``, or without a terminal, it never means that.
    """
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN or not _has_terminal():
        return lambda: False
    return lambda: not _has_terminal()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
