"""Draws the pictures of the documents; with ``--check`` only says which no longer show what there is.

    python benchmarks/readme_pictures.py           # needs Chromium; some minutes
    python benchmarks/readme_pictures.py --check   # needs nothing, takes no time

``docs/lesson.png`` is the head of the page of ``recurra lesson --dataset r8``, whose output the READMEs show: both come
from the same run. ``docs/reading-room.png`` is the page of ``recurra serve`` with the lesson's LSTM on AG News, which
must be on this machine. A picture holds the fingerprint of what it shows, as a text in its PNG.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image
from PIL.PngImagePlugin import PngInfo

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "recurra"
READMES = ("README.md", "README.ja.md")
START, END = "<!-- output: lesson -->\n", "<!-- end of output -->"
KEY = "shows"
SENTENCE = "The home team wins a late match after extra time and goes through to the final"
RECURRA = (sys.executable, "-m", "recurra")


class Picture(NamedTuple):
    """A picture: what draws it into a file, and the files that decide how it looks."""

    draw: Callable[[Path], None]
    files: tuple[str, ...]


def lesson_output() -> str:
    """The output of the lesson that README.md shows."""
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition(START)
    return rest.partition(END)[0]


def draw_lesson(path: Path) -> None:
    """Runs the lesson as ``make lesson`` does without AG News; its output goes into the READMEs, its page is drawn."""
    with tempfile.TemporaryDirectory() as name:
        command = [*RECURRA, "lesson", "--dataset", "r8", "--quiet", "--out", "lesson-run"]
        printed = subprocess.run(command, cwd=name, check=True, capture_output=True, text=True).stdout
        for readme in READMES:
            file = ROOT / readme
            before, _, rest = file.read_text(encoding="utf-8").partition(START)
            _, _, after = rest.partition(END)
            file.write_text(f"{before}{START}\n```text\n{printed.strip()}\n```\n\n{END}{after}", encoding="utf-8")
        address = (Path(name) / "lesson-run" / "lesson.html").as_uri()
        photograph(address, path, height=1100, ready=lambda page: page.wait_for_load_state())


def draw_reading_room(path: Path) -> None:
    """Trains the lesson's LSTM on AG News, serves it, and reads a sentence."""
    with tempfile.TemporaryDirectory() as name:
        train = [*RECURRA, "train", "agnews", "--model", "lesson/lstm", "--no-baseline", "--quiet", "--out", "lstm"]
        subprocess.run(train, cwd=name, check=True)
        model = Path(name) / "lstm" / "model.safetensors"
        serve = [*RECURRA, "serve", f"lstm={model}", "--port", "0", "--json"]
        service = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            ready = "".join(iter(service.stdout.readline, "}\n"))  # type: ignore[union-attr]
            address = json.loads(f"{ready}}}")["address"].rstrip("/")
            photograph(f"{address}/#/reading", path, height=1360, ready=read_sentence)
        finally:
            service.send_signal(signal.SIGTERM)
            service.communicate(timeout=60)


def read_sentence(page: Page) -> None:
    page.get_by_label("Text to read").fill(SENTENCE)
    # Drawn when the service has answered: this page's policy forbids waiting by an expression.
    page.wait_for_timeout(2000)
    words = page.locator("section.card", has=page.get_by_role("heading", name="Words", exact=True))
    words.get_by_text("team", exact=True).hover()
    page.wait_for_timeout(500)


def photograph(address: str, path: Path, *, height: int, ready: Callable[[Page], None]) -> None:
    """A picture of a page, 1,280 pixels wide."""
    from playwright.sync_api import sync_playwright

    browser_path = os.environ.get("RECURRA_CHROMIUM") or shutil.which("chromium")
    if browser_path is None:
        sys.exit("No Chromium on the path: apt-get install chromium, or set RECURRA_CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": height}, color_scheme="light")
        page.goto(address)
        ready(page)
        page.screenshot(path=path)
        browser.close()


PICTURES = {
    "docs/lesson.png": Picture(
        draw_lesson,
        ("lesson/p*.py", "lesson/*sentences.py", "lesson/templates/*", "report/templates/*.css"),
    ),
    "docs/reading-room.png": Picture(
        draw_reading_room,
        ("web/static/*.html", "web/static/css/*", "web/static/js/**/*", "web/static/locales/en.json"),
    ),
}


def fingerprint(name: str) -> str:
    """What decides how a picture looks: the files of its page, and for the lesson its output as well."""
    digest = hashlib.sha256(lesson_output().encode() if name == "docs/lesson.png" else b"")
    for file in sorted(_files(PICTURES[name].files)):
        digest.update(file.relative_to(SOURCE).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _files(patterns: Iterable[str]) -> set[Path]:
    return {file for pattern in patterns for file in SOURCE.glob(pattern) if file.is_file()}


def shown(path: Path) -> str | None:
    """The fingerprint that a picture holds."""
    if not path.is_file():
        return None
    with Image.open(path) as image:
        return image.info.get(KEY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--all", action="store_true", help="draw those that are up to date as well")
    options = parser.parse_args()
    stale = [name for name in PICTURES if options.all or shown(ROOT / name) != fingerprint(name)]
    if options.check:
        if stale:
            sys.exit(f"{' and '.join(stale)}: what the picture shows has changed. Run: make pictures")
        return
    for name in stale:
        with tempfile.TemporaryDirectory() as folder:
            drawn = Path(folder) / "picture.png"
            PICTURES[name].draw(drawn)
            text = PngInfo()
            text.add_text(KEY, fingerprint(name))
            with Image.open(drawn) as image:
                image.convert("RGB").quantize(256).save(ROOT / name, pnginfo=text, optimize=True)
        print(name)


if __name__ == "__main__":
    main()
