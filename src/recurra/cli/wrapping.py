"""Text that fits the lines of a terminal without cutting words."""

from __future__ import annotations

import re
import shutil
import sys

from recurra.cli.output import cut, plain, width

__all__ = ["LINE", "excerpt", "line_width", "wrap"]

LINE = 80
"""Width of a line that is not printed to a terminal."""

_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uff00-\uff60"
# A word with the spaces before it; scripts without spaces may break after any letter.
_PIECE = re.compile(f" *(?:[{_WIDE}]|[^ {_WIDE}]+)")


def line_width() -> int:
    """The width of the terminal, or 80 where the output goes elsewhere."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if terminal else LINE


def wrap(text: str, *, columns: int = LINE, indent: str = "") -> str:
    """Lines of at most ``columns`` columns, except for longer words; ``indent`` begins all lines but the first."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _PIECE.findall(paragraph):
            if line.strip() and width(line + piece) > columns:
                lines.append(line)
                line = indent + piece.lstrip(" ")
            else:
                line += piece
        lines.append(line)
    return "\n".join(lines)


def excerpt(text: str, columns: int) -> str:
    """The beginning of a text in one line of at most ``columns`` columns; only a word that is too long is cut."""
    text = plain(" ".join(text.split()))
    if width(text) <= columns:
        return text
    begun = ""
    for piece in _PIECE.findall(text):
        if width(begun + piece) > columns - 1:
            break
        begun += piece
    return f"{begun}…" if begun else cut(text, columns)
