"""Empty environments in which a wheel is installed and used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["CheckError", "Environment", "wait_until"]


class CheckError(Exception):
    """A check that was not passed: one line."""


class Environment:
    """A virtual environment without pip, and an empty folder in which its programs run.

    Args:
        folder: where it is made.
        constraints: a file of versions; without it pip takes the newest.
    """

    def __init__(self, folder: Path, constraints: Path | None = None) -> None:
        self.constraints = [] if constraints is None else ["--constraint", str(constraints)]
        self.folder, self.work = folder / "venv", folder / "work"
        self.work.mkdir(parents=True)
        command = [sys.executable, "-m", "venv", "--without-pip", str(self.folder)]
        subprocess.run(command, check=True)
        self.python = self.folder / "bin" / "python"
        self.log = self.work / "started.log"

    def install(self, *requirements: str | Path) -> None:
        """Installs with this Python's pip; checks that what is installed fits together."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python)]
        # pip's -q keeps errors, and warnings that do not concern this.
        self._called([*pip, "-q", "install", *self.constraints, *map(str, requirements)], timeout=3600)
        self._called([*pip, "check"])

    def installed(self) -> dict[str, str]:
        """Versions by name."""
        listed = self._called([sys.executable, "-m", "pip", "--python", str(self.python), "list", "--format=json"])
        return {one["name"]: one["version"] for one in json.loads(listed)}

    def run(self, *arguments: str | Path) -> str:
        """What ``python`` prints, in the empty folder.

        Raises:
            CheckError: it ends with another code than 0.
        """
        return self._called([str(self.python), *map(str, arguments)])

    def recurra(self, *arguments: str | Path) -> str:
        """What the command prints."""
        return self._called([str(self.folder / "bin" / "recurra"), *map(str, arguments)])

    def start(self, command: Sequence[str | Path]) -> subprocess.Popen[bytes]:
        """A program that goes on; what it prints is in ``log``."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                list(map(str, command)), cwd=self.work, env=self._variables(), stdout=log, stderr=log
            )

    def megabytes(self) -> dict[str, float]:
        """The room on the disk that each package's folder takes, largest first, and ``all``."""
        (packages,) = self.folder.glob("lib/python*/site-packages")
        sizes = {one.name: _bytes(one) for one in packages.iterdir()}
        ordered = sorted(sizes.items(), key=lambda item: -item[1])
        return {"all": _bytes(self.folder) / 2**20} | {name: size / 2**20 for name, size in ordered}

    def _variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        # Compiled kernels are shared with no other environment: what a package lacks must not come from a cache.
        return kept | {
            "XDG_CACHE_HOME": str(self.work / "cache"),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
        }

    def _called(self, command: Sequence[str], timeout: float = 600) -> str:
        ended = subprocess.run(
            command, cwd=self.work, env=self._variables(), capture_output=True, text=True, check=False, timeout=timeout
        )
        if ended.returncode:
            said = (ended.stderr.strip() or ended.stdout.strip()).splitlines() or ["nothing"]
            raise CheckError(f"{' '.join(command)[:200]}: {ended.returncode}, {said[-1]}")
        return ended.stdout


def wait_until(
    answers: Callable[[], object], process: subprocess.Popen[bytes], log: Path, seconds: float = 120
) -> None:
    """Waits until a call no longer raises ``OSError``.

    Args:
        answers: the call.
        process: what has to be running for it.
        log: what that has printed.
        seconds: how long.

    Raises:
        CheckError: the process ended, or the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            answers()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                said = log.read_text("utf-8").strip().splitlines()[-1:]
                raise CheckError(f"the service does not answer ({error}) and says {said}") from error
            time.sleep(0.2)
        else:
            return


def _bytes(path: Path) -> int:
    """As ``du`` counts: whole blocks, links not followed."""
    own = path.lstat().st_blocks * 512
    return own + sum(map(_bytes, path.iterdir())) if path.is_dir() and not path.is_symlink() else own
