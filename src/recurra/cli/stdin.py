"""Texts from standard input, one per line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator

from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.file_errors import carriage_returns_only, lone_surrogate
from recurra.errors import DataError

__all__ = ["lines_of_input"]


def lines_of_input(encoding: str) -> Iterator[str]:
    """The lines of standard input without line ends; an empty line is an empty text.

    Args:
        encoding: Python name of an encoding in which a line feed is the byte 0x0A.

    Raises:
        DataError: there is no input, or a line has a wrong byte, a NUL character, or over ``MAX_TEXT_BYTES``.
    """
    try:
        codecs.lookup(encoding)
        suitable = "\n".encode(encoding) == b"\n"
    except (LookupError, TypeError):
        suitable = False
    if not suitable:
        raise DataError(f"The encoding is {encoding!r:.80}", "Name one such as utf-8, latin-1 or shift_jis.")
    if sys.stdin is None:
        raise DataError("There is no standard input", "Give texts in quotes, or pipe one text a line.")
    number = 0
    while line := sys.stdin.buffer.readline(MAX_TEXT_BYTES + 2):
        number += 1
        content = line.rstrip(b"\r\n")
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
                "Name the encoding of the text, such as --encoding latin-1.",
            ) from None
        except UnicodeEncodeError as error:
            raise lone_surrogate(error, number, "standard input", encoding) from None
        if "\0" in text:
            raise DataError(
                f"Line {number:,} of standard input holds a NUL character", "Give lines of text, without NUL bytes."
            )
        yield text
