"""The Containerfile names what is there. `make dist` runs its commands."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from distribution.containerfile import Instruction, copied, instructions, is_ignored

ROOT = Path(__file__).parents[2]
FOUND = instructions((ROOT / "Containerfile").read_text("utf-8"))
FINAL = FOUND[max(place for place, one in enumerate(FOUND) if one.name == "FROM") :]
IGNORE = (ROOT / ".dockerignore").read_text("utf-8")


def test_instructions_are_read() -> None:
    text = "# a\nFROM x AS y\nRUN a \\\n  && b\n\nCOPY c d /e/\nCOPY --from=y /f /g\n"
    assert instructions(text) == [
        Instruction("FROM", "x AS y"),
        Instruction("RUN", "a && b"),
        Instruction("COPY", "c d /e/"),
        Instruction("COPY", "--from=y /f /g"),
    ]
    assert copied(instructions(text)) == ["c", "d"]


def test_what_is_copied_is_there_and_in_the_context() -> None:
    sources = copied(FOUND)
    assert {"requirements/serve.txt", "pyproject.toml", "src"} <= set(sources)
    for source in sources:
        files = [ROOT / source] if (ROOT / source).is_file() else list((ROOT / source).rglob("*"))
        kept = [one for one in files if one.is_file() and not is_ignored(str(one.relative_to(ROOT)), IGNORE)]
        assert kept, source


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("src/recurra/cli/app.py", False),
        ("tests/fixtures/models/lstm.safetensors", False),
        ("requirements/serve.txt", False),
        ("tests/fixtures/models/answers.json", True),
        ("src/recurra/__pycache__/a.pyc", True),
        ("src/recurra.egg-info/PKG-INFO", True),
        ("requirements/dev.txt", True),
        (".git/config", True),
        ("token.txt", True),
    ],
)
def test_the_context_is_small(path: str, ignored: bool) -> None:
    assert is_ignored(path, IGNORE) == ignored


def test_what_the_commands_name_is_there() -> None:
    commands = " ".join(one.rest for one in FOUND if one.name == "RUN")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert re.findall(r"recurra\[(.*?)\]", commands) == ["serve"]
    assert "serve" in extras
    (models,) = re.findall(r"for model in (.*?);", commands)
    for model in models.split():
        assert (ROOT / "tests" / "fixtures" / "models" / f"{model}.safetensors").is_file()
    # Everything that comes from an index has a hash.
    for command in re.findall(r"pip (?:--python \S+ )?install [^&;]*", " ; ".join(commands.split("python -m "))):
        assert "--require-hashes" in command or "--no-index" in command


def test_the_service_runs_without_rights_and_tools() -> None:
    names = [one.name for one in FINAL]
    last = {one.name: one.rest for one in FINAL}
    assert last["USER"] == "10001:10001"
    assert names.index("USER") > max(place for place, name in enumerate(names) if name in {"RUN", "COPY"})
    assert "pip uninstall" in last["RUN"]
    assert not re.search(r"apt|curl|wget|gcc", " ".join(one.rest for one in FOUND))
    # As a list, so that the service itself gets the signal.
    assert json.loads(last["ENTRYPOINT"]) == ["recurra", "serve"]
    assert "--token-file" in json.loads(last["CMD"])
    assert json.loads(last["HEALTHCHECK"].partition("CMD")[2])[0] == "python"
