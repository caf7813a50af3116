"""Files in UTF-8 with some lines in another encoding, such as two exports that were pasted together."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recurra.data.content import ByteStream
from recurra.data.likely_encoding import SAMPLE, likely_encoding

__all__ = ["LEAST_SHARE", "MixedUtf8", "byte_lines", "is_utf8_name", "mixed_utf8"]

PIECE = 1 << 20

# What UTF-8 writes for a character beyond ASCII; a few such bytes are none, and are not decoded.
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII = re.compile(rb"[\x00-\x7f]+")
# The first bytes of a character at the end of a cell, whose text was cut at a number of bytes.
_CUT = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})(?=[\s\",;|]|$)")
_MARK = "\ufeff"

LEAST_SHARE = 0.02
"""Minimum share of the characters in lines that are UTF-8 among all bytes beyond ASCII.

In files of another encoding few lines are UTF-8 by chance: of 10,000 Chinese titles in GB 18030 one, in Big5 none, and
of Czech texts in capitals in Windows-1250 0.4 % of these bytes.
"""


@dataclass(frozen=True)
class MixedUtf8:
    """A file in UTF-8 with lines in another encoding.

    Attributes:
        lines: number of lines that are not UTF-8.
        first: number of the first of them, from 1.
        encoding: the encoding that these lines seem to have; ``utf-8`` if they only have characters that were cut.
        characters: the characters beyond ASCII of the lines that are UTF-8.
    """

    lines: int
    first: int
    encoding: str
    characters: frozenset[str]

    def decode(self, line: bytes) -> str:
        """The text of a line; in one that is not UTF-8, characters that other lines have in UTF-8 are kept.

        So a row may have one cell in UTF-8 and another one that is not. A character that was cut becomes U+FFFD.
        """
        try:
            return line.decode()
        except UnicodeDecodeError:
            pass
        if _is_wide(self.encoding):
            # Bytes of two characters may look like one of UTF-8: it is one encoding for the whole line.
            others, beyond = (_ASCII.sub(b"", part) for part in (_others(line, self.characters), line))
            return line.decode("utf-8" if 2 * len(others) < len(beyond) else self.encoding, "replace")
        parts, place = [], 0
        for start, end, character in _known(line, self.characters):
            parts += [line[place:start].decode(self.encoding, "replace"), character]
            place = end
        return "".join([*parts, line[place:].decode(self.encoding, "replace")])


def mixed_utf8(lines: Iterable[bytes]) -> MixedUtf8 | None:
    """What a file in UTF-8 has of another encoding; ``None`` if all of it is UTF-8, or hardly any of it.

    Args:
        lines: its lines.
    """
    characters = {_MARK}
    wrong: list[bytes] = []
    size = count = first = valid = invalid = 0
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        beyond = _ASCII.sub(b"", line)
        try:
            found = beyond.decode() if line.decode() else ""
        except UnicodeDecodeError:
            count, first = count + 1, first or number
            invalid += len(beyond)
            if size < SAMPLE:
                wrong.append(line)
                size += len(line)
        else:
            characters.update(found)
            valid += len(found.removeprefix(_MARK))
    if not count or valid < LEAST_SHARE * (valid + invalid):
        return None
    known = frozenset(characters)
    sample = b"\n".join(others for line in wrong if (others := _others(line, known)))
    return MixedUtf8(count, first, likely_encoding(sample) if sample else "utf-8", known)


def byte_lines(opened: ByteStream) -> Iterator[bytes]:
    """The lines of a file with their ends; what is longer than a mebibyte comes in several parts."""
    rest = b""
    while piece := opened.read(PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) > PIECE:
            # Between two ASCII characters, so that no other one is cut.
            place = max(rest.rfind(mark) for mark in (b" ", b",", b'"')) + 1
            if place:
                yield rest[:place]
                rest = rest[place:]
    if rest:
        yield rest


def is_utf8_name(encoding: str) -> bool:
    """Whether it is Python's name of UTF-8."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _is_wide(encoding: str) -> bool:
    """Whether characters may have several bytes."""
    return len("é漢かд".encode(encoding, "ignore")) > 1


def _known(line: bytes, characters: frozenset[str]) -> list[tuple[int, int, str]]:
    """Start, end and text of each sequence of UTF-8 that is one of the characters, and of those that were cut."""
    found = []
    for one in _SEQUENCE.finditer(line):
        if (character := one[0].decode("utf-8", "ignore")) in characters:
            found.append((*one.span(), character))
    # A text is cut within one of its own letters, while "ß" in another encoding may well end one.
    leads = {line[start] for start, _, _ in found}
    cut = [(*one.span(), "\ufffd") for one in _CUT.finditer(line) if line[one.start()] in leads]
    return sorted(found + cut)


def _others(line: bytes, characters: frozenset[str]) -> bytes:
    """The words of a line without what :func:`_known` finds; empty if no byte beyond ASCII is left."""
    parts, place = [], 0
    for start, end, _ in _known(line, characters):
        parts.append(line[place:start])
        place = end
    rest = b"".join([*parts, line[place:]])
    return b"" if rest.isascii() else rest
