"""Errors in text files, with the row, line or byte."""

from __future__ import annotations

from typing import Any

from recurra.errors import DataError

__all__ = [
    "ROW_HINT",
    "carriage_returns_only",
    "check_quotes_closed",
    "empty_file",
    "encoding_hint",
    "header_only",
    "lone_surrogate",
    "nul_byte",
    "parse_error",
    "unknown_encoding",
    "wrong_bytes",
]

ROW_HINT = " (the header is row 1)"


def unknown_encoding(encoding: str, source: str) -> DataError:
    """The error for an encoding that Python does not know, or that is not a text encoding."""
    return DataError(
        f"{source}: encoding {encoding[:80]!r} does not read it", "Name one such as utf-8, windows-1252 or utf-16."
    )


def empty_file(source: str) -> DataError:
    """The error for an empty file."""
    return DataError(f"{source} is empty", "Give a file with a header row and at least one row.")


def header_only(source: str) -> DataError:
    """The error for a file with a header and no rows."""
    return DataError(f"{source} has a header and no rows", "Give a file with at least one row under its header.")


def nul_byte(place: int, line: int, source: str) -> DataError:
    """The error for a NUL byte at ``place``, counted from 0, in ``line``, counted from 1."""
    return DataError(
        f"{source}: a NUL byte at byte {place:,}, line {line:,}",
        "Is it a text file? Remove the NUL bytes, or name its encoding, such as --encoding utf-16.",
    )


def wrong_bytes(data: bytes, start: int, *, place: int, line: int, source: str, encoding: str) -> DataError:
    """The error for a byte that the encoding cannot decode.

    Args:
        data: a piece of the file.
        start: index of the byte in it; its length if the file ends inside a character.
        place: offset of the byte in the file, from 0.
        line: line number, from 1.
        source: name of the file.
        encoding: encoding as the user named it.
    """
    what = f"byte 0x{data[start]:02x}" if start < len(data) else "the end"
    return DataError(
        f"{source}: {what} at byte {place:,}, line {line:,} is not {encoding}", encoding_hint(data[start:], encoding)
    )


def encoding_hint(data: bytes, encoding: str) -> str:
    """What to do about bytes that the encoding cannot decode.

    Args:
        data: the bytes, as far as they are at hand.
        encoding: encoding as the user named it.
    """
    if encoding.casefold().replace("_", "-") not in {"utf-8", "utf8"}:
        return "Name the file's encoding, such as --encoding utf-8."
    try:
        # Not Latin-1, which fits all bytes: where the two differ, it gives control characters.
        data.decode("windows-1252")
    except UnicodeDecodeError:
        return "Name the file's encoding with --encoding; recurra check guesses it."
    return "Name the file's encoding, such as --encoding windows-1252."


def lone_surrogate(error: UnicodeEncodeError, line: int, source: str, encoding: str) -> DataError:
    """The error for a lone surrogate, which some encodings, such as unicode_escape, can decode to.

    Args:
        error: error of encoding the text as UTF-8.
        line: line number, from 1.
        source: name of the file.
        encoding: encoding as the user named it.
    """
    return DataError(
        f"{source}: line {line:,}, read as {encoding}, holds half a character, {error.object[error.start]!a}",
        "Write the character whole, or name the file's encoding, such as --encoding utf-8.",
    )


def carriage_returns_only(source: str) -> DataError:
    """The error for lines that end with carriage returns only; a line must end with a line feed."""
    return DataError(
        f"{source}: its lines end with carriage returns alone", "Save it with the line ends of Unix or Windows."
    )


def parse_error(error: Exception, rows: list[Any], source: str, *, longest: int) -> DataError:
    """The error for a file that pyarrow could not parse.

    Args:
        error: error of pyarrow.
        rows: rows of another length than the first, if that was the error.
        source: name of the file.
        longest: maximum size of a row in bytes.
    """
    if rows:
        row = rows[0]
        fields = "1 field" if row.actual_columns == 1 else f"{row.actual_columns:,} fields"
        start = row.text[:60] + ("..." if len(row.text) > 60 else "")
        return DataError(
            f"{source}: row {row.number:,}{ROW_HINT} has {fields} for {row.expected_columns:,} columns: {start!r}",
            "Put a value that holds the separator or a quote in double quotes.",
        )
    if "straddl" in str(error):
        return DataError(
            f"{source}: a row is longer than {longest >> 20} MiB",
            "Look for a quote that is never closed, or cut the text to 1 MiB.",
        )
    return DataError(f"{source} cannot be parsed: {str(error)[:120]}", "Check its separators and quotes.")


def check_quotes_closed(last: str, tail: bytes, row: int, source: str) -> None:
    """Checks for a quote that is still open at the end of the file, which the parser accepts: it would swallow rows.

    Args:
        last: last value of the last row, parsed from content with an added line break.
        tail: last two bytes of the content, not counting line breaks at its end.
        row: number of the last row.
        source: name of the file.

    Raises:
        DataError: a quote is open.
    """
    if last.endswith("\n") and not (tail.endswith(b'"') and tail[:1] in (b"\n", b"\r")):
        raise DataError(
            f"{source}: the quote that begins in row {row:,}{ROW_HINT} is never closed",
            "Close it, or double the quotes inside the value.",
        )
