"""A bill of materials of an environment: CycloneDX as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distribution.environments import CheckError

__all__ = ["write_bill", "wrong_in_bill"]


def write_bill(python: Path, pyproject: Path, version: str, target: Path) -> None:
    """Writes the bill of what is installed for an interpreter.

    Args:
        python: the interpreter.
        pyproject: of Recurra.
        version: of Recurra, which pyproject.toml does not hold.
        target: the file.

    Raises:
        CheckError: the tool fails; it checks the bill against CycloneDX's schema.
    """
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--pyproject",
        str(pyproject),
        "--output-reproducible",
    ]
    command += ["--of", "JSON", "--validate", "--output-file", str(target), str(python)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise CheckError(f"cyclonedx-py: {(ended.stderr.strip().splitlines() or ['nothing'])[-1]}")
    bill = json.loads(target.read_text("utf-8"))
    bill["metadata"]["component"]["version"] = version
    target.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")


def wrong_in_bill(bill: Mapping[str, Any], installed: Mapping[str, str]) -> list[str]:
    """Where a bill and what is installed differ, a line each.

    Args:
        bill: CycloneDX.
        installed: versions by name.
    """
    if bill.get("bomFormat") != "CycloneDX":
        return ["is no CycloneDX"]
    components = [*bill.get("components", []), bill.get("metadata", {}).get("component", {"name": ""})]
    listed = {_normal(one["name"]): one.get("version") for one in components}
    wanted = {_normal(name): version for name, version in installed.items()}
    return [
        *(f"lacks {name} {version}" for name, version in wanted.items() if name not in listed),
        *(f"has {name}, which is not installed" for name in listed if name not in wanted),
        *(
            f"has {name} {listed[name]}, not {version}"
            for name, version in wanted.items()
            if name in listed and listed[name] != version
        ),
    ]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
