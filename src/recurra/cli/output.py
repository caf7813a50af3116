"""The output of a command: text lines or one JSON document; progress and errors go to standard error."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recurra.errors import RecurraError

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "LINE",
    "Output",
    "aligned",
    "count",
    "cut",
    "definitions",
    "excerpt",
    "flush",
    "folded",
    "plain",
    "width",
    "write_bytes",
]

# Width of lines and tables for people, and of the narrowest column that is cut.
LINE, NARROWEST = 80, 12

# What a terminal would interpret instead of showing: control characters, and marks of the writing direction.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Output:
    """Standard output of one command.

    Args:
        as_json: print one JSON document instead of text lines.
        quiet: print only the result.
        aside: print text lines to standard error, because standard output carries data.

    Attributes:
        notes: messages of :meth:`note`, for the document.
    """

    def __init__(self, *, as_json: bool, quiet: bool, aside: bool = False) -> None:
        self.as_json, self.quiet, self.aside = as_json, quiet, aside
        # Which kernels are compiled is progress.
        # What a model says of titles in Python has another hint here.
        logging.getLogger("recurra.runtime.titles").setLevel(logging.ERROR)
        logging.getLogger("recurra.kernels").setLevel(logging.ERROR if quiet else logging.NOTSET)
        self.notes: list[str] = []

    @property
    def progress(self) -> bool:
        """Whether to show progress; a bar is useless in a file or a log."""
        return not self.quiet and sys.stderr is not None and sys.stderr.isatty()

    def note(self, message: str) -> None:
        """Prints a note, such as on a guess."""
        self.notes.append(message)
        self.detail(_for_log(message) if self.aside else folded(message))

    def warn(self, message: str, command: str = "", *, always: bool = False) -> None:
        """Prints a note to standard error, as standard output carries data.

        On a terminal ``command`` stands in a line of its own, so that it can be copied. If quiet, the note is printed
        only with ``always``.
        """
        self.notes.append(message)
        if (always or not self.quiet) and sys.stderr is not None:
            said = plain(f"recurra: note: {message}")
            print(_for_log(said, plain(command)), file=sys.stderr)

    def caution(self, message: str) -> None:
        """Prints, also if quiet, what may spoil the result, such as a column that is missing.

        If quiet or beside a JSON document, it is printed to standard error.
        """
        if (self.quiet or self.as_json) and sys.stderr is not None:
            print(_for_log(plain(f"recurra: warning: {message}")), file=sys.stderr)
        if message not in self.notes:
            self.note(message)

    def detail(self, text: str) -> None:
        """Prints text lines that are not the result."""
        if not self.quiet:
            self.result(text)
            # Flush, so that lines of a long run appear in a log at once.
            flush()

    def result(self, text: str) -> None:
        """Prints text lines of the result."""
        if self.as_json:
            return
        lines = "\n".join(map(plain, text.split("\n")))
        if self.aside:
            print(lines, file=sys.stderr)
        else:
            _write(lines)

    def shown(self, renderable: RenderableType, *, wrapped: bool = True) -> None:
        """Prints a rich renderable, such as a table; in colours on a terminal.

        What comes from outside must be made harmless by :func:`plain` first.

        Args:
            renderable: to print.
            wrapped: whether lines end where the terminal does; otherwise they keep their length.
        """
        if self.as_json:
            return
        from rich.console import Console

        buffer = io.StringIO()
        terminal = sys.stdout is not None and sys.stdout.isatty()
        # A file has no width; what is read there is mostly read in a terminal or beside code.
        columns = shutil.get_terminal_size().columns if terminal else LINE
        console = Console(
            file=buffer, force_terminal=terminal, width=columns, highlight=False, markup=False, emoji=False
        )
        console.print(renderable, soft_wrap=not wrapped)
        _write("\n".join(line.rstrip() for line in buffer.getvalue().rstrip("\n").split("\n")))

    def document(self, value: Any) -> None:
        """Prints the JSON document."""
        if not self.as_json:
            return
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
        if _writable(text) != text:
            text = json.dumps(value, allow_nan=False, indent=2)
        _write(text)


def plain(text: str) -> str:
    """The text without anything that a terminal would interpret."""
    return _ACTIVE.sub("\ufffd", text)


def width(text: str) -> int:
    """Width of the text on a terminal; wide characters, such as Chinese ones, take two columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text: str, columns: int) -> str:
    """The text in one line of at most ``columns`` columns."""
    text = plain(" ".join(text[: 8 * columns].split()))
    if width(text) <= columns:
        return text
    while width(text) >= columns:
        text = text[: -max(1, (width(text) - columns) // 2)]
    return text + "…"


def excerpt(text: str, columns: int) -> str:
    """The beginning of a text in one line of at most ``columns`` columns; only a word that is too long is cut."""
    words, line = plain(" ".join(text.split())).split(" "), ""
    for place, word in enumerate(words):
        longer = f"{line} {word}" if place else word
        # All words but the last leave room for the mark that there are more.
        if width(longer) > columns - (place < len(words) - 1):
            return f"{line}…" if line and width(line) < columns else cut(text, columns)
        line = longer
    return line


def count(value: object) -> str:
    """A count with thousands separators; other values unchanged."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def aligned(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), flexible: int | None = None) -> str:
    """Rows as aligned columns, separated by two spaces.

    Args:
        rows: cells of one line each.
        right: columns that are right-aligned.
        flexible: column whose cells are cut where lines would be longer than :data:`LINE`; ``None`` for none.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    if flexible is not None:
        room = LINE - sum(widths) - 2 * (len(widths) - 1) + widths[flexible]
        widths[flexible] = min(widths[flexible], max(room, NARROWEST))
        rows = [[cut(cell, widths[at]) if at == flexible else cell for at, cell in enumerate(row)] for row in rows]
    lines = []
    for row in rows:
        gaps = [" " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        cells = [gap + cell if i in right else cell + gap for i, (cell, gap) in enumerate(zip(row, gaps, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def definitions(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values in two columns; values are folded, so that lines have at most :data:`LINE` columns."""
    column = 2 + max(width(name) for name, _ in rows)
    lines = []
    for name, value in rows:
        first, *more = folded(value, " " * column).split("\n")
        lines += [(name + first[width(name) :]).rstrip(), *more]
    return "\n".join(lines)


def folded(text: str, indent: str = "") -> str:
    """The text in lines of at most :data:`LINE` columns, broken between words only; ``indent`` begins each line."""
    if width(indent) + width(text) <= LINE:
        return indent + text
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and width(indent) + width(lines[-1]) + 1 + width(word) > LINE:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(indent + line for line in lines)


def _for_log(message: str, command: str = "") -> str:
    """A message for standard error: one line, as errors are, for programs and logs; folded on a terminal."""
    if sys.stderr is not None and sys.stderr.isatty():
        return folded(message) + (f"\n  {command}" if command else "")
    return f"{message.rstrip('.:')}: {command}" if command else message


def flush() -> None:
    """Flushes standard output.

    Raises:
        RecurraError: it cannot be.
        BrokenPipeError: nobody reads it.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        raise _unwritten(error) from error


def write_bytes(data: bytes) -> int:
    """Writes to standard output at once and returns the number of bytes.

    Raises:
        RecurraError: they cannot be written.
        BrokenPipeError: nobody reads them.
    """
    if sys.stdout is None:
        raise RecurraError("There is no standard output", "Name a file with --out.")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise _unwritten(error) from error
    return len(data)


def _write(text: str) -> None:
    try:
        print(_writable(text))
    except OSError as error:
        raise _unwritten(error) from error


def _writable(text: str) -> str:
    """The text with escapes for characters that the encoding of standard output lacks."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _unwritten(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):
        return error
    return RecurraError(
        f"Standard output cannot be written: {error.strerror or error}", "Free some space, or send it elsewhere."
    )
