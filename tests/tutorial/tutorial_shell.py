"""Runs the steps of a page in a folder, as a shell would."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tutorial_pages import Step

import recurra
from recurra.cli import main

__all__ = ["Shell"]

# What a shell would not take as it is.
_SPECIAL = re.compile(r"[|&;<>$`*?~\\\n#()]")
# A line on standard error that depends on what ran before on this machine.
_COMPILED = re.compile(r"^Compiled the .* kernels in .*\n", re.MULTILINE)
SECONDS = 120


class Shell:
    """A folder in which commands, code and files of one page come to be.

    Plain ``recurra`` commands run in this process, which spares their imports; whatever else a line holds goes to bash,
    which finds ``recurra`` and ``python`` on its path.

    Args:
        folder: where to work; the current folder.
        bin_folder: where the two programs are to lie.
    """

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, Any] = {}
        bin_folder.mkdir(exist_ok=True)
        for name, words in (("recurra", "-m recurra "), ("python", "")):
            program = bin_folder / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words}"$@"\n')
            program.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(recurra.__file__).parents[1]),
        }

    def run(self, step: Step) -> tuple[int, str]:
        """The exit code, and what was printed on standard output and standard error together."""
        if step.kind == "file":
            (self.folder / step.name).write_text(step.source, encoding="utf-8")
            return 0, ""
        if step.kind == "python":
            code, printed = self._python(step.source)
        elif (line := step.source.replace("\\\n", " ")).startswith("recurra ") and not _SPECIAL.search(line):
            code, printed = self._here(shlex.split(line)[1:])
        else:
            code, printed = self._bash(step.source)
        return code, _COMPILED.sub("", printed)

    def _here(self, words: list[str]) -> tuple[int, str]:
        with _captured() as buffer:
            code = main(words)
        return code, buffer.getvalue().decode()

    def _python(self, source: str) -> tuple[int, str]:
        file = self.folder / ".block.py"
        file.write_text(source, encoding="utf-8")
        with _captured() as buffer:
            self.variables = runpy.run_path(str(file), init_globals=self.variables)
        file.unlink()
        return 0, buffer.getvalue().decode()

    def _bash(self, line: str) -> tuple[int, str]:
        ran = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        return ran.returncode, ran.stdout.decode()


@contextlib.contextmanager
def _captured() -> Iterator[io.BytesIO]:
    """Standard output and standard error go into one buffer, and standard input is empty."""
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="utf-8", write_through=True)
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO()), stream, stream
    try:
        yield buffer
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        stream.detach()
