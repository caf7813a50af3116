"""Reads a file that holds one JSON array of objects, by the rules of :mod:`recurra.data.json_lines`.

The array is decoded object by object, so that memory does not grow with the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum, auto

from recurra.data import json_lines
from recurra.data.formats import short_name
from recurra.data.json_lines import DECODER, JsonBlocks, Numbered
from recurra.data.utf8_stream import Utf8Stream
from recurra.errors import DataError

__all__ = ["JsonArrayBlocks"]

# An array of objects inside an object, as exports wrap their rows; group 1 is its name.
_ARRAY_INSIDE = re.compile(r'"([^"\\]{1,100})"\s*:\s*\[\s*\{')

_SPACE = re.compile(r"[ \t\r\n]*")

# An error this close to the end of what was read may be due to the cut: the longest token that can be cut, besides a
# text in quotes, is an escaped surrogate pair.
_CUT = 16


class _Next(Enum):
    """What comes next in the file."""

    ARRAY = auto()
    FIRST_OR_END = auto()
    OBJECT = auto()
    COMMA_OR_END = auto()
    NOTHING = auto()


class JsonArrayBlocks(JsonBlocks):
    """Blocks of a .json file; see :class:`recurra.data.json_lines.JsonBlocks`."""

    unit = "object"
    hint = 'Write an array of objects, such as [{"text": "…", "label": "…"}].'

    def _objects(self, text: Utf8Stream) -> Iterator[tuple[list[Numbered], int]]:
        number, rest, state, first = 0, "", _Next.ARRAY, True
        while piece := text.read(json_lines.BLOCK_BYTES):
            content = rest + piece.decode().removeprefix("\ufeff" if first else "")
            found: list[Numbered] = []
            state, place = self._take(content, state, number, found, done=text.done)
            number, rest, first = number + len(found), content[place:], False
            if len(rest) > json_lines.MAX_LINE_BYTES:
                raise DataError(
                    f"{self.source}: object {number + 1:,} is longer than {json_lines.MAX_LINE_BYTES >> 20} MiB",
                    "Look for a quote or a brace that is never closed, or cut the text to 1 MiB.",
                )
            yield found, len(piece)
        if state not in (_Next.ARRAY, _Next.NOTHING):
            raise DataError(f"{self.source}: the array is not closed after object {number:,}", "Is the file whole?")

    def _take(self, content: str, state: _Next, number: int, found: list[Numbered], *, done: bool) -> tuple[_Next, int]:
        """Adds the whole objects in a piece of the file to ``found``; returns what is next, and where."""
        place = 0
        while (place := _end_of_space(content, place)) < len(content):
            mark = content[place]
            if state is _Next.NOTHING:
                raise DataError(f"{self.source}: {content[place : place + 20]!r} follows the array", self.hint)
            if state is _Next.ARRAY:
                if mark != "[":
                    raise self._no_array(content[place:])
                state, place = _Next.FIRST_OR_END, place + 1
            elif mark == "]" and state is not _Next.OBJECT:
                state, place = _Next.NOTHING, place + 1
            elif state is _Next.COMMA_OR_END:
                if mark != ",":
                    raise self._wrong(number + len(found), ValueError(f"{mark!r} follows it, and not a comma"))
                state, place = _Next.OBJECT, place + 1
            else:
                own = number + len(found) + 1
                try:
                    value, end = DECODER.raw_decode(content, place)
                except (ValueError, RecursionError) as error:
                    if not done and _may_be_cut(error, content):
                        break
                    raise self._wrong(own, error, begin=place) from None
                found.append((own, self._checked(own, value)))
                state, place = _Next.COMMA_OR_END, end
        return state, place

    def _no_array(self, start: str) -> DataError:
        if inner := _ARRAY_INSIDE.search(start, 0, json_lines.BLOCK_BYTES) if start.startswith("{") else None:
            return DataError(
                f"{self.source} begins with an object, in which only the array of objects under "
                f"{short_name(inner[1])!r} can be read",
                "Save that array alone, from its [ to its ], or say --format jsonl if there is one a line.",
            )
        if start.startswith("{"):
            return DataError(
                f"{self.source} begins with an object, not with an array of objects",
                "Put the objects into [ and ], with commas between them, or say --format jsonl if there is one a line.",
            )
        return DataError(f"{self.source} begins with {start[:20]!r}, not with an array of objects", self.hint)


def _end_of_space(content: str, place: int) -> int:
    found = _SPACE.match(content, place)
    return found.end() if found else place


def _may_be_cut(error: Exception, content: str) -> bool:
    return isinstance(error, json.JSONDecodeError) and (
        error.msg.startswith("Unterminated string") or error.pos >= len(content) - _CUT
    )
