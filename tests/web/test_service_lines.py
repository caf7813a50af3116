"""The English lines of the service that the page has in Japanese are what the service says, to the letter."""

from __future__ import annotations

import ast
import itertools
import json
import re
from pathlib import Path

import pytest

from recurra.errors import in_python

SOURCES = Path(__file__).parents[2] / "src" / "recurra"
LINES = json.loads((SOURCES / "web" / "static" / "locales" / "en.json").read_text("utf-8"))["service"]
# What stands in a source for a value that is filled in.
VALUE = "\0"
# Values that a source fills in and that are always the same, or quoted.
FIXED = {"application/x-ndjson": VALUE, "several labels": VALUE, "more than {size} bytes": VALUE, "{size} bytes": VALUE}


def text_of(node: ast.expr) -> str | None:
    """A literal or an f-string, with a mark for each value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else VALUE for part in node.values)
    return None


def said() -> set[str]:
    """All texts of the service and the inspections; those of an error's two parts as one line."""
    found: set[str] = set()
    for folder in ("serving", "inspection", "runtime"):
        for path in sorted((SOURCES / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.expr) and (text := text_of(node)) is not None:
                    found.add(text)
                if isinstance(node, ast.Call):
                    texts = [text for text in map(text_of, node.args) if text is not None]
                    found |= {f"{first.rstrip('.')}. {in_python(hint)}" for first, hint in itertools.pairwise(texts)}
    return found


@pytest.fixture(scope="module")
def texts() -> set[str]:
    return said()


@pytest.mark.parametrize("key", LINES)
def test_the_service_says_so(key: str, texts: set[str]) -> None:
    line = LINES[key]
    for part, mark in FIXED.items():
        line = line.replace(part, mark)
    # A value may be shown with quotes, which its placeholder leaves outside.
    line = re.sub(r"\{\w+\}", VALUE, line)
    wanted = {line, line.replace(f"'{VALUE}'", VALUE), line.replace("text has", f"{VALUE} has")}
    assert wanted & texts, line
