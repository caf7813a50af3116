"""pip, played: tests say what it leaves in the folder that it should fill."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Pip = Callable[..., Any]


def play_pip(monkeypatch: pytest.MonkeyPatch, download: Pip) -> list[list[str]]:
    """Calls ``download`` with the folder in pip's place; what it returns is how pip ended. The commands are kept."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        assert isinstance(command, list)
        assert not options.get("shell")
        assert options["timeout"] > 0
        commands.append(command)
        answer = download(Path(command[command.index("-d") + 1]))
        return answer if answer is not None else subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def no_network(_: Path) -> subprocess.CompletedProcess[str]:
    """How pip ends without a network."""
    return subprocess.CompletedProcess([], 1, "", "ERROR: No matching distribution found\n")
