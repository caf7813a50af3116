"""The report's pictures in a notebook, side by side.

Each is an ``<img>`` that holds a whole SVG document. Inline SVG and styles would be shown where a notebook was run, but
JupyterLab takes them out of the outputs of a notebook that somebody else has run, and so do pages that show notebooks.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from html import escape, unescape

from recurra.report.page import render
from recurra.report.picture import Picture

__all__ = ["NotebookOutput", "show"]

# In the pictures' units, about pixels: margin, height of the title and of a line of the legend, width of a swatch with
# its gaps, and of a letter of the legend.
MARGIN, TITLE, LINE, SWATCH, LETTER = 12, 24, 20, 52, 7.2


@dataclass(frozen=True)
class NotebookOutput:
    """HTML that a notebook shows if it is the last value of a cell.

    Attributes:
        html: markup in which all text from data is escaped.
    """

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def show(*pictures: Picture) -> NotebookOutput:
    """Shows pictures side by side in a notebook.

    Args:
        pictures: from the functions of :mod:`recurra.report`.

    Raises:
        RecurraError: jinja2 is not installed.
    """
    return NotebookOutput("\n".join(_image(picture) for picture in pictures))


def _image(picture: Picture) -> str:
    opening, _, drawn = picture.svg.partition(">")
    ((wide, high),) = ((float(a), float(b)) for a, b in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', opening))
    described = re.search("<desc[^>]*>(.*?)</desc>", picture.svg, re.DOTALL)
    places = _legend(picture.legend, wide)
    top = TITLE + (LINE * (places[-1][1] + 1) if places else 0)
    legend = [(*entry, x, TITLE + LINE * row) for entry, (x, row) in zip(picture.legend, places, strict=True)]
    document = render(
        "notebook.svg", title=picture.title, drawn=drawn, wide=wide, high=high, top=top, legend=legend,
        margin=MARGIN,
    )  # fmt: skip
    said = f"{picture.title}. {unescape(described[1])}" if described else picture.title
    data = base64.b64encode(document.encode()).decode()
    width = round(wide + 2 * MARGIN)
    # Some pages put every image on a line of its own.
    style = "display: inline-block; vertical-align: top; margin: 0 8px 8px 0"
    return f'<img src="data:image/svg+xml;base64,{data}" width="{width}" style="{style}" alt="{escape(said)}">'


def _legend(legend: tuple[tuple[int, str], ...], wide: float) -> list[tuple[float, int]]:
    """The place of each name: x, and the line from 0."""
    places: list[tuple[float, int]] = []
    x, row = 0.0, 0
    for _, name in legend:
        across = SWATCH + LETTER * len(name)
        if x and x + across > wide:
            x, row = 0.0, row + 1
        places.append((x, row))
        x += across
    return places
