"""What a command leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from missing_packages import python_without


class Ran(NamedTuple):
    """A command's exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


Run = Callable[..., Ran]


def run_without(packages: Sequence[str], *words: object) -> Ran:
    """Runs ``recurra`` where some packages are not installed.

    In a process of its own: modules that were imported already would keep what they have, and a second copy of them,
    once they were unloaded, would not know the classes of the first.
    """
    program = "import sys; from recurra.cli import main; sys.exit(main(sys.argv[1:]))"
    ran = python_without(packages, program, *map(str, words))
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def check_failed(ran: Ran, code: int, *parts: str) -> None:
    """One line on standard error that says what was received and what to do, and the exit code."""
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("recurra: error: ")
    for part in parts:
        assert part.casefold() in lines[0].casefold()
    assert ran.code == code


def everything(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
