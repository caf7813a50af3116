"""Texts from standard input, one per line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from typing import BinaryIO

from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.file_errors import carriage_returns_only, encoding_hint, lone_surrogate
from recurra.data.lines import BLOCK_BYTES, whole_lines
from recurra.data.utf8_stream import Utf8Stream, encoding_of
from recurra.errors import DataError

__all__ = ["lines_of_input"]


def lines_of_input(encoding: str) -> Iterator[str]:
    """The lines of standard input without line ends; an empty line is an empty text.

    Args:
        encoding: Python name of an encoding in which a line feed is the byte 0x0A. Input in UTF-16 is known by its byte
            order mark, if this is UTF-8.

    Raises:
        DataError: there is no input, or a line has a wrong byte, a NUL character, or over ``MAX_TEXT_BYTES``.
    """
    try:
        codecs.lookup(encoding)
        suitable = "\n".encode(encoding) == b"\n"
    except (LookupError, TypeError):
        suitable = False
    if not suitable:
        raise DataError(f"The encoding is {encoding!r:.80}", "Name one such as utf-8, windows-1252 or shift_jis.")
    if sys.stdin is None:
        raise DataError("There is no standard input", "Give texts in quotes, or pipe one text a line.")
    line, number = sys.stdin.buffer.readline(MAX_TEXT_BYTES + 2), 0
    if encoding_of(line[:4], encoding) != encoding:
        yield from _lines_with_mark(_Unread(line, sys.stdin.buffer), encoding)
        return
    beyond_ascii = False
    while line:
        number += 1
        content = line.rstrip(b"\r\n")
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if number == 1 and not line.endswith(b"\n") and b"\r" in content:
            raise carriage_returns_only("standard input")
        if len(content) > MAX_TEXT_BYTES:
            raise DataError(
                f"Line {number:,} of standard input is longer than {MAX_TEXT_BYTES:,} bytes", "Cut or split the text."
            )
        try:
            text = content.decode(encoding)
            text.encode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"Line {number:,} of standard input: byte 0x{content[error.start]:02x} is not {encoding}",
                f"Lines before it are {encoding}: save all of them in one encoding."
                if beyond_ascii
                else encoding_hint(content[error.start :], encoding),
            ) from None
        except UnicodeEncodeError as error:
            raise lone_surrogate(error, number, "standard input", encoding) from None
        if "\0" in text:
            raise DataError(
                f"Line {number:,} of standard input holds a NUL character", "Give lines of text, without NUL bytes."
            )
        beyond_ascii = beyond_ascii or not text.isascii()
        yield text
        line = sys.stdin.buffer.readline(MAX_TEXT_BYTES + 2)


def _lines_with_mark(file: _Unread, encoding: str) -> Iterator[str]:
    """The lines of UTF-16, in which a line feed has several bytes."""
    text = Utf8Stream(file, source="standard input", encoding=encoding)
    for body in whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_TEXT_BYTES):
        yield from (line.removesuffix("\r") for line in body.decode().split("\n")[:-1])


class _Unread:
    """A stream whose first bytes have been read already."""

    size = None

    def __init__(self, start: bytes, file: BinaryIO) -> None:
        self.start, self.file = start, file
        self.close = file.close

    def read(self, size: int, /) -> bytes:
        data, self.start = self.start[:size], self.start[size:]
        return data + self.file.read(size - len(data)) if len(data) < size else data
