"""The tutorial's data, its shared model, and a fresh folder for each page."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from model_hub import TOKEN, stand_in
from tutorial_pages import Page, Step
from tutorial_shell import Shell

REPOSITORY = Path(__file__).parents[2]
# What a page can begin with: a stand-in for the Hugging Face Hub whose owner is logged in, runs and what makes them.
HUB = "hub"
RUNS = {"runs/tickets": "recurra train train.csv --seed 1 --out runs/tickets --quiet"}


@pytest.fixture(scope="session")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of generated tickets."""
    folder = tmp_path_factory.mktemp("tutorial") / "tickets"
    subprocess.run([sys.executable, REPOSITORY / "examples" / "tickets", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="session")
def trained_run(tickets: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a run that pages share, once."""
    made: dict[str, Path] = {}

    def run(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("shared")
            shutil.copy(tickets / "train.csv", folder)
            with contextlib.chdir(folder):
                code, printed = Shell(folder, folder / "bin").run(Step("console", RUNS[name], 0))
            assert code == 0, printed
            made[name] = folder / name
        return made[name]

    return run


@pytest.fixture
def shell(
    tickets: Path, trained_run: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Page], Shell]]:
    """Opens a page's folder: the generated files, what the page uses, and nothing of this machine."""
    used = contextlib.ExitStack()

    def opened(page: Page) -> Shell:
        folder = tmp_path / "tickets"
        shutil.copytree(tickets, folder)
        for name in page.uses:
            if name == HUB:
                used.enter_context(stand_in(monkeypatch, tmp_path))
                monkeypatch.setenv("HF_TOKEN", TOKEN)
                continue
            shutil.copytree(trained_run(name), folder / name)
        monkeypatch.chdir(folder)
        monkeypatch.delenv("RECURRA_DATA", raising=False)
        monkeypatch.setenv("RECURRA_CACHE", str(tmp_path / "no-cache"))
        return Shell(folder, tmp_path / "bin")

    with used:
        yield opened
