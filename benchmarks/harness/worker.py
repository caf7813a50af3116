"""A participant's process, as the driver sees it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.peers.protocol import Timing
from recurra.errors import RecurraError

__all__ = ["MissingPackageError", "Ready", "Worker", "our_command", "peer_command", "started"]

# Nobody's preparation or round takes this long; a participant that hangs must not hang everything.
LIMIT_SECONDS = 1800.0
PROGRAMS = Path(__file__).parent / "peers" / "run.py"
# Where this package lies.
HOME = Path(__file__).parents[1]


class MissingPackageError(RecurraError):
    """A participant's interpreter lacks a package."""


@dataclass(frozen=True)
class Ready:
    """What a participant says of itself.

    Attributes:
        title: name and version.
        settings: how it does the job.
        versions: of its packages.
    """

    title: str
    settings: str
    versions: dict[str, str]


def our_command(folder: Path) -> list[str]:
    """The program that does a job with Recurra."""
    # -P: a file in the current folder must not stand in for a module. Worker lets it find this package.
    return [sys.executable, "-P", "-m", "harness.ours", str(folder)]


def peer_command(python: str, program: str, folder: Path, options: Mapping[str, Any]) -> list[str]:
    """The program that does a job with a peer, under an interpreter that has it."""
    return [python, str(PROGRAMS), program, str(folder), json.dumps(options)]


class Worker:
    """A running participant.

    Args:
        name: for messages.
        command: the process.
        log: takes its standard error.
        ours: whether it may import what this process may, and this package.

    Raises:
        RecurraError: the interpreter cannot be run.
    """

    def __init__(self, name: str, command: Sequence[str], *, log: Path, ours: bool = False) -> None:
        self.name, self.log = name, log
        # Everybody computes on the CPU. A peer's interpreter must not find our packages in place of its own.
        hidden = set() if ours else {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        if ours:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(HOME)]))
        try:
            with log.open("wb") as errors:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environment | {"CUDA_VISIBLE_DEVICES": ""},
                    text=True,
                    encoding="utf-8",
                )
        except OSError as error:
            raise RecurraError(
                f"The interpreter {command[0]!r:.80} of {name} cannot be run: {error.strerror}",
                "Name an interpreter that has the peers, such as .venv-peers/bin/python (make peers builds it).",
            ) from error

    def ready(self) -> Ready:
        """Waits until it is.

        Raises:
            MissingPackageError: its interpreter lacks a package.
            RecurraError: it ended.
        """
        values = self._answer("its preparation")
        if "missing" in values:
            raise MissingPackageError(
                f"{self.name} needs {values['missing']}, which its interpreter does not have",
                "Install it there, or give one that has it with --peers-python.",
            )
        return Ready(values["title"], values["settings"], values["versions"])

    def play(self) -> Timing:
        """One round.

        Raises:
            RecurraError: it ended.
        """
        with contextlib.suppress(OSError):
            # A process that is gone shows in its missing answer.
            stdin = self._process.stdin
            if stdin is not None:
                stdin.write("go\n")
                stdin.flush()
        values = self._answer("a round")
        return Timing(float(values["seconds"]), int(values["documents"]))

    def close(self) -> None:
        """Ends the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answer(self, during: str) -> dict[str, Any]:
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        stopper = threading.Timer(LIMIT_SECONDS, stop)
        stopper.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
        finally:
            stopper.cancel()
        with contextlib.suppress(ValueError):
            values = json.loads(line)
            if isinstance(values, dict):
                return values
        self.close()
        if late.is_set():
            raise RecurraError(
                f"{self.name} did not end {during} in {LIMIT_SECONDS:g} s", "Take fewer documents, with --take."
            )
        said = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((one for one in reversed(said) if one.strip()), "it said nothing")
        # What is no answer was printed by the interpreter itself; otherwise the end of its errors tells the reason.
        raise RecurraError(
            f"{self.name} failed in {during} (exit code {self._process.returncode}): {line.strip() or last:.300}",
            "Leave this peer out (--peers), or repair its environment.",
        )


@contextmanager
def started(name: str, command: Sequence[str], *, log: Path, ours: bool = False) -> Iterator[Worker]:
    """A worker that ends with the block, whatever happens there."""
    worker = Worker(name, command, log=log, ours=ours)
    try:
        yield worker
    finally:
        worker.close()
