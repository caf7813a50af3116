"""Every page of the tutorial and both READMEs do what they say, and show what the program prints."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tutorial_pages import PAGES, TUTORIAL, Page, as_shown, matches, read_page
from tutorial_shell import Shell

# huggingface_hub gives its HTTP client a file in a way that newer versions of that warn of.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
# The first pages; the others take minutes together.
QUICK = {"README.md", "first-model.md", "check.md", "learning-rate.md", "languages.md", "shipping.md", "hub.md"}


READMES = [TUTORIAL.parents[1] / name for name in ("README.md", "README.ja.md")]


def marks_of(name: str) -> list[pytest.MarkDecorator]:
    if name in QUICK:
        return []
    # Its commands are those of README.md.
    return [pytest.mark.slow, *([pytest.mark.exhaustive] if name == "README.ja.md" else [])]


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.name, marks=marks_of(path.name)) for path in (*READMES, *PAGES)],
)
def test_the_page_runs(path: Path, shell: Callable[[Page], Shell], request: pytest.FixtureRequest) -> None:
    page, name = read_page(path), path.name
    assert page.steps, f"{name} runs nothing"
    opened, lines, refresh = shell(page), list(page.lines), request.config.getoption("refresh_tutorial")
    shift = 0
    for step in page.steps:
        code, printed = opened.run(step)
        where = f"{name}:{step.line}: {step.source.rstrip()}"
        assert code == step.exits, f"{where}\nexit code {code}, not {step.exits}\n{printed}"
        if not step.shown:
            continue
        if refresh:
            now = as_shown(step.shown, printed)
            lines[step.first + shift : step.last + shift] = now
            shift += len(now) - len(step.shown)
        else:
            difference = "\n".join(difflib.ndiff(list(step.shown), printed.rstrip("\n").split("\n")))
            assert matches(step.shown, printed), f"{where}\nshown (-) and printed (+):\n{difference}"
    if refresh:
        page.path.write_text("\n".join(lines), encoding="utf-8")


def test_the_table_of_contents_names_every_page_once() -> None:
    links = re.findall(r"^\d+\. \[[^]]+\]\(([\w-]+\.md)\)", (TUTORIAL / "README.md").read_text(), re.MULTILINE)
    assert sorted(links) == [path.name for path in PAGES]
