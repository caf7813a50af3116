"""A real service with small models, a real browser, and a check that nothing went wrong in it."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from browser_tools import COMMON, LABELS, Site, wait_until_drawn

from recurra.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def write_rows(path: Path, rows: int, seed: int) -> None:
    """Short texts of three classes; one in twelve has another's label."""
    draw = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "text"])
        for _ in range(rows):
            label = draw.choice(list(LABELS))
            words = draw.choices(LABELS[label].split(), k=3) + draw.choices(COMMON.split(), k=3)
            draw.shuffle(words)
            writer.writerow([draw.choice(list(LABELS)) if draw.random() < 1 / 12 else label, " ".join(words)])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows and two runs with their models, the second of two directions."""
    folder = tmp_path_factory.mktemp("browser")
    write_rows(folder / "train.csv", 600, seed=1)
    write_rows(folder / "test.csv", 120, seed=2)
    for name, preset in (("lstm", "lesson/lstm"), ("bilstm", "lesson/bilstm")):
        sizes = [
            "--set",
            "hidden=6",
            "--set",
            "embedding=8",
            "--set",
            "vocabulary_size=60",
            "--set",
            "vocabulary_from=all",
        ]
        out = ["--out", str(folder / "runs" / name), "--epochs", "12", "--learning-rate", "0.01", "--quiet"]
        assert main(["train", str(folder / "train.csv"), "--model", preset, *sizes, *out]) == 0
    return folder


@pytest.fixture(scope="session")
def serve(folder: Path) -> Iterator[Callable[..., Site]]:
    """Starts services; they are stopped in the end."""
    running = []

    def start(*models: str, options: tuple[str, ...] = ()) -> Site:
        paths = [name if "=" in name else f"{name}={folder / 'runs' / name / 'model.safetensors'}" for name in models]
        command = [sys.executable, "-m", "recurra", "serve", *paths, "--port", "0", "--json", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        running.append(process)
        assert process.stdout is not None
        ready = "".join(iter(process.stdout.readline, "}\n"))
        return Site(json.loads(f"{ready}}}")["address"].rstrip("/"))

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def site(serve: Callable[..., Site], folder: Path) -> Site:
    """A service with two models, data and runs."""
    return serve("lstm", "bilstm", options=("--data", str(folder / "test.csv"), "--runs", str(folder / "runs")))


# Playwright's event loop runs as long as its browser does, and tests of other folders start loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install 'recurra[dev]'")
    path = os.environ.get("RECURRA_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: apt-get install chromium, or set RECURRA_CHROMIUM to its path")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a view. In the end nothing may have been asked of another host, refused by the policy, or failed."""
    problems: list[str] = []
    contexts = []

    def open_view(
        view: str = "reading", *, at: Site = site, width: int = 1280, expected: tuple[str, ...] = (), **options: Any
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: problems.append(message.text) if _bad(message, expected) else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        host = urlsplit(at.address).netloc
        page.on("request", lambda request: problems.append(request.url) if _leaves(request.url, host) else None)
        page.goto(f"{at.address}/#/{view}")
        wait_until_drawn(page)
        return page

    yield open_view
    for context in contexts:
        context.close()
    assert problems == []


def _bad(message: Any, expected: tuple[str, ...]) -> bool:
    return message.type in ("error", "warning") and not any(words in message.text for words in expected)


def _leaves(url: str, host: str) -> bool:
    parts = urlsplit(url)
    # Files that are kept come from blobs, which the page itself holds.
    return parts.scheme != "blob" and parts.netloc != host
