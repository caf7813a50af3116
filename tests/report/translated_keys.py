"""The English texts that the sources ask a catalogue for, found without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import jinja2

SOURCES = Path(__file__).parents[2] / "src" / "recurra"
SPACE = "\N{NO-BREAK SPACE}"
# Functions of which an argument is a text for the catalogues, and the place of that argument.
TEXTS = {"translate": 0, "translate_plural": 0, "_": 0, "plural": 1, "amount": 1}


def keys() -> set[str]:
    """Of Python's sources and of templates."""
    found = set()
    for path in sorted(SOURCES.rglob("*.py")):
        if path.name != "translation.py":
            found |= set(_python_keys(ast.parse(path.read_text("utf-8"))))
    environment = jinja2.Environment()  # noqa: S701 - nothing is rendered
    for path in sorted(SOURCES.rglob("templates/*.html")):
        tree = environment.parse(path.read_text("utf-8"))
        for call in tree.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "_":
                found.add(call.args[0].value)
        found |= {one.args[0].value for one in tree.find_all(jinja2.nodes.Filter) if one.name == "amount"}
    return found


def _python_keys(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            if len(node.args) <= TEXTS[node.func.id]:
                continue
            for text in _literals(node.args[TEXTS[node.func.id]], constants):
                yield f"{{count}}{SPACE}{text}" if node.func.id == "plural" else text


def _literals(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """What an argument can be: a literal, one of two, or a constant of the module."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body, constants)
        yield from _literals(node.orelse, constants)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
