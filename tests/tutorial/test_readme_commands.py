"""The table of commands in both READMEs names each command that there is, and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer
from tutorial_pages import TUTORIAL

from recurra.cli.app import app


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_table_of_commands_is_complete(name: str) -> None:
    text = (TUTORIAL.parents[1] / name).read_text(encoding="utf-8")
    table = re.split(r"\n\| (?:command|コマンド) \|[^\n]*\n\|---\|---\|\n", text)[1].split("\n\n")[0]
    named = {command for line in table.splitlines() for command in re.findall(r"`(\w+)`", line.split("|")[1])}
    commands: Any = typer.main.get_command(app)
    assert named == set(commands.commands)
