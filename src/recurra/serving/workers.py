"""Several processes that answer at one address, under uvicorn's supervisor.

The parent accepts no requests. It keeps a copy of each model file that it has tried, from which all workers read: one
that starts later has the same models as the others, also while the file itself is missing or broken.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from recurra.bundle import digest_of, read_bundle, write_bundle
from recurra.errors import RecurraError
from recurra.kernels.threads import cpu_count, limit_threads
from recurra.runtime import Model, load
from recurra.serving.access import Access
from recurra.serving.app import create_app
from recurra.serving.limits import Limits
from recurra.serving.log import log_to_stderr
from recurra.serving.page import PageFile
from recurra.serving.reload import ModelFiles, Reloader, hangs_up, read_replacements
from recurra.serving.reload_counts import ReloadCounts
from recurra.serving.served_model import json_predictor
from recurra.serving.server import Server

__all__ = ["WorkerSettings", "serve_workers"]

_log = logging.getLogger(__name__)

# A worker that has not said for so long that it lives is ended.
SILENT_SECONDS = 60


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker serves, see :func:`recurra.serving.create_app`, and whether it logs JSON."""

    access: Access
    limits: Limits
    runs: Path | None
    files: Mapping[str, PageFile]
    json_log: bool


def serve_workers(
    settings: WorkerSettings,
    models: dict[str, Model],
    files: ModelFiles,
    listener: socket.socket,
    *,
    count: int,
    watch: bool,
    ready: Callable[[], None],
) -> bool:
    """Answers requests in several processes until SIGTERM or SIGINT, as :func:`recurra.serving.server.serve` does.

    A worker that ends is replaced.

    Args:
        settings: what each worker serves.
        models: the models by name; they are taken out, so that this process does not keep them.
        files: the models' files.
        listener: a bound socket; it is closed at the end.
        count: number of workers.
        watch: whether to look every second whether a file was replaced.
        ready: called when all workers accept requests.

    Returns:
        Whether all accepted requests were answered.

    Raises:
        RecurraError: a model returns no finite probabilities, or a worker could not start.
    """
    with _private_folder() as name, _environment(name, count):
        copies = _Copies(files, Path(name))
        while models:
            copies.keep(*models.popitem())
        workers = _Workers(settings, copies, listener, count=count, watch=watch, ready=ready)
        try:
            workers.run()
        finally:
            listener.close()
        if workers.failed is not None:
            raise RecurraError(
                f"A worker ended while it started, with {workers.failed}",
                "The lines above say why. A program of your own calls recurra.cli.main() if __name__ == '__main__'.",
            )
        # One that was still starting had accepted nothing.
        return all(process.exitcode in (0, -signal.SIGTERM) for process in workers.processes)


def _private_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="recurra-serve-")
    except OSError as error:
        raise RecurraError(
            f"Workers share a temporary folder, and none can be made: {error.strerror or error}",
            "Name a writable folder in the environment variable TMPDIR, or leave --workers out.",
        ) from error


@contextlib.contextmanager
def _environment(folder: str, count: int) -> Iterator[None]:
    """What workers must find set before their imports: where metrics are shared, and NumPy's part of the processors."""
    given = {"PROMETHEUS_MULTIPROC_DIR": folder}
    given["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", str(_threads(count)))
    before = {key: os.environ.get(key) for key in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _threads(count: int) -> int:
    return max(1, cpu_count() // count)


class _Copies:
    """Copies of model files in a private folder.

    Args:
        files: the files that are copied.
        folder: where the copies are.
    """

    def __init__(self, files: ModelFiles, folder: Path) -> None:
        self.files, self.folder = files, folder
        # A name may not be one of a file.
        self.paths = {name: folder / f"{place}.safetensors" for place, name in enumerate(files.paths)}
        self._digests: dict[str, str] = {}
        # Workers read copies, and whether the file itself can be used they do not learn.
        self.reloads = ReloadCounts(files.paths, shared=True)

    def keep(self, name: str, model: Model) -> None:
        """Tries a model and copies it. The code that is compiled here is found by the workers."""
        json_predictor(model)(["", "warm up"])
        write_bundle(model.bundle, self.paths[name])
        self._digests[name] = digest_of(self.paths[name])

    def update(self, *, every: bool) -> bool:
        """Copies all files again, or those that were replaced; whether there is another model now."""
        names = self.files.replaced(every=every)
        count = self.reloads.add
        return bool(read_replacements(self.files.paths, names, self._digests, read=load, make=self.keep, count=count))


class _Process(Process):
    """A worker."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], settings: WorkerSettings, copies: _Copies
    ) -> None:
        self._settings, self._paths, self._folder = settings, copies.paths, copies.folder
        self._reloads = copies.reloads
        self._threads, self._parent = _threads(config.workers), os.getpid()
        self._asked: float | None = None
        self.started = False
        super().__init__(config, sockets)

    def is_alive(self, timeout: float = SILENT_SECONDS) -> bool:
        """Whether the process lives and has said so within ``timeout``. Unlike uvicorn's it does not wait for it."""
        with contextlib.suppress(OSError, EOFError):
            while self.parent_conn.poll():
                self.started, self._asked = self.parent_conn.recv(), None
            if self._asked is None:
                self._asked = time.monotonic()
                self.parent_conn.send(b"ping")
        return self.process.is_alive() and (self._asked is None or time.monotonic() - self._asked < timeout)

    def pong(self) -> None:
        """Answers the parent, in the worker."""
        self.child_conn.recv()
        self.child_conn.send(self._server is not None and self._server.started)

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers requests, in the worker."""
        threading.Thread(target=self.always_pong, daemon=True).start()
        log_to_stderr(as_json=self._settings.json_log)
        # As in the parent, whose Output does this: the hint is for Python.
        logging.getLogger("recurra.runtime.titles").setLevel(logging.ERROR)
        limit_threads(self._threads)
        server = self._server = self._loaded()
        server.run(sockets)
        if os.getppid() != self._parent:
            # It was killed, and nobody else removes its folder.
            shutil.rmtree(self._folder, ignore_errors=True)
        sys.exit(0 if server.finished else 1)

    def _loaded(self) -> Server:
        settings, files = self._settings, ModelFiles(self._paths)
        guard = create_app(
            {name: _read(path) for name, path in self._paths.items()},
            access=settings.access,
            limits=settings.limits,
            runs=settings.runs,
            files=settings.files,
            shared_metrics=self._folder,
            reloads=self._reloads,
        )
        reloader = Reloader(files, guard.models, watch=False, read=_read)
        return Server(guard, settings.limits, reloader, parent=self._parent)


def _read(path: Path) -> Model:
    # The parent has said what load says.
    return Model(read_bundle(path))


class _Workers(Multiprocess):
    """Uvicorn's supervisor with our own workers.

    Attributes:
        failed: how a worker ended that could not start; ``None`` if all could.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        copies: _Copies,
        listener: socket.socket,
        *,
        count: int,
        watch: bool,
        ready: Callable[[], None],
    ) -> None:
        self._settings, self._copies, self._watch, self._ready = settings, copies, watch, ready
        self._hangs_up = hangs_up()
        self.failed: str | None = None
        # The application is made in the workers.
        config = uvicorn.Config("", workers=count, log_config=None, log_level="critical")
        super().__init__(config, [listener])

    def init_processes(self) -> None:
        """Starts the workers, and waits until all accept requests."""
        workers = [self._new() for _ in range(self.processes_num)]
        self.processes.extend(workers)
        while not all(process.started for process in workers):
            self.handle_signals()
            for process in workers:
                if not process.is_alive() and not self.should_exit.is_set():
                    self.failed = _end_of(process)
                    self.should_exit.set()
            if self.should_exit.wait(0.05):
                return
        self._ready()

    def _new(self) -> _Process:
        process = _Process(self.config, self.sockets, self._settings, self._copies)
        # What was blocked here stays blocked there: a worker is interrupted by its parent alone, not by the terminal
        # as well, and SIGHUP waits until it is expected.
        blocked = {signal.SIGINT, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
        return process

    def keep_subprocess_alive(self) -> None:
        """Replaces workers that have ended, and models whose files were replaced."""
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if not process.is_alive():
                process.kill()
                process.join()
                mark_process_dead(process.pid, str(self._copies.folder))  # type: ignore[no-untyped-call]
                self.processes[place] = new = self._new()
                _log.warning("Worker %d ended, with %s; %d takes its place", process.pid, _end_of(process), new.pid)
        if self._watch:
            self._reload(every=False)

    def _reload(self, *, every: bool) -> None:
        # A worker that could not read a copy tries again when it is asked.
        if self._copies.update(every=every) or every:
            for process in self.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid or 0, signal.SIGHUP)

    def handle_hup(self) -> None:
        """Reads the models again; or stops, if the terminal is gone."""
        if self._hangs_up():
            self.should_exit.set()
        else:
            self._reload(every=True)

    def handle_ttin(self) -> None:
        """Leaves the number of workers as it is: uvicorn would start one of its own kind."""

    def handle_ttou(self) -> None:
        """Leaves the number of workers as it is."""

    def join_all(self) -> None:
        """Waits until all workers have ended; a second signal ends them at once."""
        for process in self.processes:
            while process.process.is_alive():
                process.process.join(0.1)
                if {signal.SIGINT, signal.SIGTERM} & set(self.signal_queue):
                    self.signal_queue.clear()
                    for one in self.processes:
                        if one.process.is_alive():
                            one.process.terminate()


def _end_of(process: Process) -> str:
    process.join()
    code = process.exitcode or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"
