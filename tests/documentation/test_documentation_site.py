"""The hook of the documentation site: links out of docs/, files from other hosts, names in docstrings."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from recurra.cli.app import COMMANDS

SITE = Path(__file__).parents[2] / "docs" / "_site"


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [*sys.path])
    spec = importlib.util.spec_from_file_location("documentation_hooks", SITE / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(uri: str) -> SimpleNamespace:
    return SimpleNamespace(file=SimpleNamespace(src_uri=uri))


@pytest.mark.parametrize(
    ("uri", "written", "shown"),
    [
        ("check.md", "[a](data.md#limits)", "[a](data.md#limits)"),
        ("index.md", "[a](../CONTRIBUTING.md#a-new-cell)", "[a](repository/CONTRIBUTING.md#a-new-cell)"),
        ("decisions/rows.md", "[a](../../src/x.py)", "[a](../repository/src/x.py.md)"),
        ("decisions/rows.md", "[a](../data.md)", "[a](../data.md)"),
        ("repository/CONTRIBUTING.md", "[a](docs/training.md#callbacks)", "[a](../training.md#callbacks)"),
        ("repository/benchmarks/peers/README.md", "[a](../LOG.md)", "[a](../LOG.md)"),
        ("check.md", "[a](https://example.org/x) [b](#here)", "[a](https://example.org/x) [b](#here)"),
    ],
)
def test_links(hooks, uri, written, shown):
    assert hooks.on_page_markdown(written, page(uri)) == shown


def test_parts_from_other_hosts_are_refused(hooks):
    from mkdocs.exceptions import PluginError

    fine = '<script src="assets/a.js"></script><a href="https://example.org">there</a>'
    assert hooks.on_post_page(fine, page("index.md")) == fine
    for part in ('<script src="https://example.org/a.js">', '<link rel="stylesheet" href="//example.org/a.css">'):
        with pytest.raises(PluginError, match=r"index\.md loads from another host"):
            hooks.on_post_page(part, page("index.md"))


def test_the_page_of_commands_has_each_command(hooks):
    shown = hooks.on_page_markdown("# Commands\n", page("reference/commands.md"))
    assert shown.startswith("# Commands\n\n## recurra lesson\n")
    assert shown.count("\n## recurra ") == len(COMMANDS)
    assert "## recurra train\n\n```text\nUsage: recurra train [OPTIONS]" in shown
