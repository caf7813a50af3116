"""A Python in which some packages are not installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

# Answers for the packages as an import does that finds nothing.
HIDE = """
import sys

class Hidden:
    names = sys.argv.pop(1).split(",")

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in cls.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden)
"""


def python_without(packages: Sequence[str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a program where packages, or modules of them, are missing."""
    command = [sys.executable, "-c", HIDE + program, ",".join(packages), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
