"""Colours of pictures: placeholders when drawn, replaced by the page's colours for light and dark mode."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DASHES", "INK", "MANY", "MARKERS", "SERIES", "Look", "look", "use_page_colours"]

INK = "#010203"
"""Placeholder for the colour of the page's text."""

SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
"""Placeholders for the page's colours ``--series-1`` to ``--series-6`` (colours.css: Okabe and Ito's, adapted)."""

# Colour is never the only difference: each series has its own marker and line style as well, as in the reading room
# (web/static/js/parts: labels.js and dashes.js). Six colours and seven marks give 42 classes a look of their own.
MARKERS = ("o", "s", "^", "D", "v", "P", "*")
DASHES = ((), (7, 4), (2, 3), (7, 3, 2, 3), (12, 4), (12, 3, 2, 3), (5, 2, 1, 2, 1, 2))
"""Lengths of strokes and gaps of a line 2 units wide; none is a solid line."""

MANY = 14
"""Of more classes some have a colour, by their probabilities or rows, and not each its own."""


class Look(NamedTuple):
    """How a series is drawn.

    Attributes:
        number: of its colour, from 1.
        colour: placeholder of its colour.
        marker: matplotlib's marker.
        line: matplotlib's line style.
    """

    number: int
    colour: str
    marker: str
    line: str | tuple[float, tuple[float, ...]]


def look(place: int) -> Look:
    """The look of the class at a place among a model's classes, or of a series at a place among others."""
    number, style = place % len(SERIES), place % len(MARKERS)
    # matplotlib's lengths are in widths of the line.
    strokes = tuple(length / 2 for length in DASHES[style])
    return Look(number + 1, SERIES[number], MARKERS[style], (0, strokes) if strokes else "solid")


def use_page_colours(svg: str) -> str:
    """Replaces the placeholders by the colours that colours.css defines for light and dark pages."""
    for number, stand_in in enumerate(SERIES, start=1):
        svg = svg.replace(stand_in, f"var(--series-{number})")
    return svg.replace(INK, "currentColor")
