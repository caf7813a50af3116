"""Every page of the tutorial does what it says, and shows what the program prints."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

import pytest
from tutorial_pages import PAGES, TUTORIAL, Page, as_shown, matches, read_page
from tutorial_shell import Shell

# huggingface_hub gives its HTTP client a file in a way that newer versions of that warn of.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
# The first pages; the others take minutes together.
QUICK = {"first-model.md", "check.md", "learning-rate.md", "languages.md", "shipping.md", "hub.md"}


@pytest.mark.parametrize(
    "name", [pytest.param(path.name, marks=[] if path.name in QUICK else pytest.mark.slow) for path in PAGES]
)
def test_the_page_runs(name: str, shell: Callable[[Page], Shell], request: pytest.FixtureRequest) -> None:
    page = read_page(TUTORIAL / name)
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
