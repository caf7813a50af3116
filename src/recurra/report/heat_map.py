"""A heat map of numbers by unit and word: an SVG of a few paths, however many cells it has."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from recurra.report.palette import INK, SERIES, use_page_colours
from recurra.report.picture import Picture, letters, plain
from recurra.report.translation import translate

__all__ = ["heat_map"]

# Width and height of a cell, and width of a letter of the labels, in the picture's units, about pixels.
WIDTH, HEIGHT, LETTER = 22, 16, 6.6
# Shades of each colour; the weakest is blank.
SHADES = 8


def heat_map(
    values: npt.NDArray[np.float64],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    largest: float,
    name: str,
    title: str,
) -> Picture:
    """Draws numbers from -largest to largest: the first colour of the page for positive ones, the second for negative.

    The picture is not scaled to the page, so that the page can scroll it.

    Args:
        values: [rows, columns].
        rows: a name for each row, at the left.
        columns: a name for each column, vertical, above it.
        largest: the absolute value with the full colour.
        name: unique on the page.
        title: what is shown.
    """
    names, heads = [plain(row, 24) for row in rows], [plain(column, 48) for column in columns]
    left = 8 + LETTER * max(map(letters, names), default=0)
    top = 8 + LETTER * max(map(letters, heads), default=0)
    wide, high = left + WIDTH * len(heads) + 8, top + HEIGHT * len(names) + 4
    parts = [_text(left - 6, top + HEIGHT * (row + 0.75), label, "end") for row, label in enumerate(names)]
    for column, head in enumerate(heads):
        x = left + WIDTH * (column + 0.7)
        parts.append(_text(x, top - 4, head, "start", f' transform="rotate(-90 {x:.1f} {top - 4:.1f})"'))
    parts += _cells(values, largest, left, top)
    parts.append(
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{WIDTH * len(heads)}" height="{HEIGHT * len(names)}" '
        f'fill="none" stroke="{INK}" stroke-opacity="0.3"></rect>'
    )
    svg = (
        f'<svg viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(plain(title, 200))}</title>'
        f'<desc id="{name}-desc">{escape(_said(values, names, heads))}</desc>{"".join(parts)}</svg>'
    )
    return Picture(name, title, use_page_colours(svg))


def _cells(values: npt.NDArray[np.float64], largest: float, left: float, top: float) -> list[str]:
    """One path for all cells of a shade; neighbouring cells of a row are drawn as one."""
    levels = np.rint(np.clip(values / (largest or 1.0), -1, 1) * SHADES).astype(int)
    paths = []
    for level in sorted(set(levels.ravel().tolist()) - {0}):
        runs = []
        for row in range(len(levels)):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], levels[row] == level, [0]])))
            for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                x, y, across = left + WIDTH * begin, top + HEIGHT * row, WIDTH * (end - begin)
                runs.append(f"M{x:.1f} {y:.1f}h{across}v{HEIGHT}h-{across}z")
        colour = SERIES[0] if level > 0 else SERIES[1]
        paths.append(f'<path d="{"".join(runs)}" fill="{colour}" fill-opacity="{abs(level) / SHADES:g}"></path>')
    return paths


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>'


def _said(values: npt.NDArray[np.float64], names: Sequence[str], heads: Sequence[str]) -> str:
    """The alternative text: the range of each column."""
    if not names:
        return translate("No words.")
    return translate("; ").join(
        translate(
            "{name}: from {first} at {start} to {last} at {end}",
            name=head,
            first=_number(column.min()),
            start=names[int(column.argmin())],
            last=_number(column.max()),
            end=names[int(column.argmax())],
        )
        for head, column in zip(heads, values.T, strict=True)
    )


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
