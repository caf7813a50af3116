"""Model files whose settings or record hold what is far too long: one short line, and no traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bundle.forge import put_together, take_apart
from commands import Run

Place = tuple[Any, Any]


def scalars(value: Any) -> list[Place]:
    """Every place in nested JSON that holds neither a list nor an object, as (container, key)."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    found: list[Place] = []
    for key in keys:
        found += scalars(value[key]) if isinstance(value[key], dict | list) else [(value, key)]
    return found


def run_all(run: Run, trained: Path, value: Any, *commands: str) -> list[tuple[int, str]]:
    """What the commands say of models that have the value in one place each: every third one, for time."""
    data, ends = (trained / "model.safetensors").read_bytes(), []
    for place in range(0, len(scalars(take_apart(data)[1])), 3):
        header, about, body = take_apart(data)
        container, key = scalars(about)[place]
        if key == "digest":
            continue
        container[key] = value
        Path("long.safetensors").write_bytes(put_together(header, about, body))
        ends += [run(*command.split())[::2] for command in commands]
    return ends


@pytest.mark.parametrize("value", [10**400, "x" * 100_000], ids=["401 digits", "100,000 characters"])
def test_what_is_too_long_is_refused(value: Any, run: Run, trained: Path) -> None:
    ends = run_all(run, trained, value, "info long.safetensors")
    assert len(ends) > 20
    for code, line in ends:
        assert code == 1
        assert line.count("\n") == 1
        assert len(line) < 350, line
        assert line.startswith("recurra: error: The model long.safetensors cannot be used: ")


@pytest.mark.parametrize("value", [10**99, "x" * 10_000], ids=["digits", "text"])
def test_what_may_just_be_as_long_ends_no_command_with_a_traceback(value: Any, run: Run, trained: Path) -> None:
    commands = ["info long.safetensors", "info long.safetensors --card"]
    for code, line in run_all(run, trained, value, *commands):
        assert code in (0, 1)
        assert line.count("\n") == 1 or code == 0
        assert len(line) < 350
