"""Checks that the quotes of a delimited file follow RFC 4180.

pyarrow takes text after a closing quote as part of the value and drops the quotes: ``"x"y`` would be read as ``xy``. A
quote that does not start a value is an ordinary character, as in ``5" disk``.
"""

from __future__ import annotations

import codecs
import re

from recurra.errors import DataError

__all__ = ["QuoteCheck"]

_QUOTED = rb'"(?:[^"]++|"")*+"'
_SHOWN = 40  # bytes


class QuoteCheck:
    """Checks a text file piece by piece.

    Args:
        delimiter: one character.
        source: name of the file, for messages.
    """

    def __init__(self, delimiter: str, source: str) -> None:
        self.source = source
        ends = b"[" + re.escape(delimiter.encode()) + rb"\r\n]"
        other = b"[^" + re.escape(delimiter.encode()) + rb"\r\n]"
        self._end = re.compile(ends)
        self._quoted = re.compile(_QUOTED)
        # Possessive: no backtracking, whatever the length.
        self._right = re.compile(rb'(?:[^"]++|(?<=' + other + rb')"|' + _QUOTED + b"(?=" + ends + b"))*+")
        # What stands for all that came before: nothing where a value begins, a letter inside one without quotes, a
        # quote inside one with quotes, and two of them where it may have ended.
        self._before, self._lines, self._opened, self._first = b"", 1, 1, True
        self._last = b""

    def look(self, piece: bytes) -> None:
        r"""Takes the next bytes, which do not end between \r and \n.

        Raises:
            DataError: text follows the closing quote of a value.
        """
        if self._first:
            piece, self._first = piece.removeprefix(codecs.BOM_UTF8), False
        content = self._before + piece
        matched = self._right.match(content)
        place = matched.end() if matched else 0
        if place < len(content):
            if place >= len(self._before):
                self._opened = self._lines + _line_ends(content[:place])
            quoted = self._quoted.match(content, place)
            if quoted is not None and quoted.end() < len(content):
                raise self._wrong(content, quoted.end())
            self._before = b'"' if quoted is None else b'""'
        elif content:
            self._before = b"" if self._end.match(content[-1:]) else b"x"
        self._lines += _line_ends(piece)
        self._last = (self._last + piece[-_SHOWN:])[-_SHOWN:]

    def _wrong(self, content: bytes, place: int) -> DataError:
        line = self._lines + _line_ends(content[:place])
        begun = "" if line == self._opened else f" that begins in line {self._opened:,}"
        # From that line alone, up to the first character that should not be there.
        before = (self._last + content[len(self._before) : place])[-_SHOWN:]
        after = content[place : place + 4].decode("utf-8", "ignore")[:1]
        shown = re.split(rb"[\r\n]", before)[-1].decode("utf-8", "ignore") + after
        return DataError(
            f"{self.source}: line {line:,}: text follows the closing quote of a value{begun}: {shown!r}",
            "Put the whole value in quotes, and double the quotes inside it.",
        )


def _line_ends(content: bytes) -> int:
    r"""How many of \n, \r\n and \r there are."""
    returns = content.count(b"\r")
    return content.count(b"\n") + (returns - content.count(b"\r\n") if returns else 0)
