"""The reading room and the reports draw a class alike and write numbers alike."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from recurra.report.formatting import percent, signed
from recurra.report.palette import DASHES, MANY, MARKERS, SERIES

STATIC = Path(str(files("recurra.web") / "static"))
TEMPLATES = Path(str(files("recurra.report") / "templates"))
# matplotlib's names of the marks that the page has.
MARKS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "triangle-down": "v", "cross": "P", "star": "*"}


def constant(name: str, file: str) -> list[str]:
    """The strings of a list in a module of the page."""
    source = (STATIC / "js" / "parts" / file).read_text("utf-8")
    found: list[str] = json.loads(re.search(rf"const {name} = (\[[^\]]+\]);", source)[1])  # type: ignore[index]
    return found


def test_marks_dashes_and_the_number_of_colours_are_the_same() -> None:
    assert [MARKS[symbol] for symbol in constant("SYMBOLS", "labels.js")] == list(MARKERS)
    dashes = [tuple(map(float, dash.split())) if dash != "none" else () for dash in constant("DASHES", "dashes.js")]
    assert dashes == list(DASHES)
    labels = (STATIC / "js" / "parts" / "labels.js").read_text("utf-8")
    assert f"const COLOURS = {len(SERIES)};" in labels
    assert f"const MANY = {MANY};" in labels


def test_colours_are_the_same_in_light_and_dark() -> None:
    page = re.findall(
        r"--(series-\d): light-dark\((#\w+), (#\w+)\)", (STATIC / "css" / "colours.css").read_text("utf-8")
    )
    report = re.findall(r"--(series-\d): (#\w+);", (TEMPLATES / "colours.css").read_text("utf-8"))
    assert len(page) == len(SERIES)
    assert report == [(name, light) for name, light, _ in page] + [(name, dark) for name, _, dark in page]


def test_numbers_are_written_alike() -> None:
    # tests/browser compares the page with these forms.
    assert percent(0.5432, 1) == "54.3\N{NO-BREAK SPACE}%"
    assert (signed(-0.224), signed(0.31), signed(-0.001)) == ("\N{MINUS SIGN}0.22", "+0.31", "0.00")
    source = (STATIC / "js" / "i18n.js").read_text("utf-8")
    assert "\\u00a0%`" in source
