"""Colours of pictures: placeholders when drawn, replaced by the page's colours for light and dark mode."""

from __future__ import annotations

__all__ = ["INK", "LINES", "MARKERS", "SERIES", "use_page_colours"]

INK = "#010203"
"""Placeholder for the colour of the page's text."""

SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
"""Placeholders for the page's colours ``--series-1`` to ``--series-6`` (colours.css: Okabe and Ito's, adapted)."""

# Colour is never the only difference: each series has its own marker and line style as well.
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "solid",
    (0, (5, 2)),
    (0, (1.5, 1.5)),
    (0, (6, 1.5, 1.5, 1.5)),
    (0, (3, 3)),
    (0, (8, 2)),
)


def use_page_colours(svg: str) -> str:
    """Replaces the placeholders by the colours that colours.css defines for light and dark pages."""
    for number, stand_in in enumerate(SERIES, start=1):
        svg = svg.replace(stand_in, f"var(--series-{number})")
    return svg.replace(INK, "currentColor")
