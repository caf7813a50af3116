"""Errors in text files, with the row, line or byte."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from recurra.data.delimited import HEADER_HINT, MAX_COLUMNS
from recurra.errors import DataError

__all__ = [
    "NoRowsError",
    "carriage_returns_only",
    "columns_only",
    "copying_command",
    "empty_file",
    "encoding_hint",
    "header_only",
    "lone_surrogate",
    "never_closed",
    "nul_byte",
    "row_of_wrong_length",
    "row_too_long",
    "text_behind_quote",
    "title_above_header",
    "too_many_columns",
    "unknown_encoding",
    "unmarked_utf16",
    "wrong_bytes",
]

_SHOWN = 40  # bytes


def unknown_encoding(encoding: str, source: str) -> DataError:
    """The error for an encoding that Python does not know, or that is not a text encoding."""
    return DataError(
        f"{source}: encoding {encoding[:80]!r} does not read it", "Name one such as utf-8, windows-1252 or utf-16."
    )


def empty_file(source: str, *, header: bool = True) -> DataError:
    """The error for an empty file.

    Args:
        source: name of the file.
        header: whether files of its format begin with a header row.
    """
    return DataError(f"{source} is empty", f"Give a file with {'a header row and ' if header else ''}at least one row.")


class NoRowsError(DataError):
    """A table has columns and no rows.

    Attributes:
        names: of the columns.
    """

    names: Sequence[str] = ()


def header_only(source: str, names: Sequence[str]) -> NoRowsError:
    """The error for a file with a header, of these names, and no rows."""
    return _no_rows(f"{source} has a header and no rows", "Give a file with at least one row under its header.", names)


def columns_only(source: str, names: Sequence[str]) -> NoRowsError:
    """The error for a file with columns of these names that are not written as a header, and no rows."""
    return _no_rows(f"{source} has columns and no rows", "Give a file with at least one row.", names)


def _no_rows(received: str, hint: str, names: Sequence[str]) -> NoRowsError:
    error = NoRowsError(received, hint)
    error.names = tuple(names)
    return error


def nul_byte(place: int, line: int, source: str) -> DataError:
    """The error for a NUL byte at ``place``, counted from 0, in ``line``, counted from 1."""
    return DataError(
        f"{source}: a NUL byte at byte {place:,}, line {line:,}",
        "Is it a text file? Remove the NUL bytes, or name its encoding, such as --encoding utf-16.",
    )


def unmarked_utf16(encoding: str, source: str) -> DataError:
    """The error for a file read as UTF-8 that is UTF-16, by its NUL bytes, without the mark that says so."""
    return DataError(
        f"{source}: every second byte is NUL, as in UTF-16, and no byte order mark says so",
        f"Say --encoding {encoding}, or save it as UTF-8.",
    )


def wrong_bytes(
    data: bytes,
    start: int,
    *,
    place: int,
    line: int,
    source: str,
    encoding: str,
    utf8_before: bool = False,
    folder: str | None = None,
) -> DataError:
    """The error for a byte that the encoding cannot decode.

    Args:
        data: a piece of the file.
        start: index of the byte in it; its length if the file ends inside a character.
        place: offset of the byte in the file, from 0.
        line: line number, from 1.
        source: name of the file.
        encoding: encoding as the user named it.
        utf8_before: whether bytes before ``data`` are UTF-8, and not ASCII alone.
        folder: name of the folder, if the file is one of a folder of texts.
    """
    # Files are mostly sound.
    from recurra.data.mixed_encodings import is_utf8_name, mixed_utf8

    what = f"byte 0x{data[start]:02x}" if start < len(data) else "the end"
    received = f"{source}: {what} at byte {place:,}, line {line:,} is not {encoding}"
    others = "lines" if folder is None else "files"
    if not is_utf8_name(encoding) and (utf8_before if folder else mixed_utf8(data.splitlines()) is not None):
        return DataError(
            received,
            f"Some {others} look like UTF-8, and others do not: without --encoding, recurra check "
            f"{copying_command(folder or source)} writes a copy for which each is read as what it is.",
        )
    if is_utf8_name(encoding) and (utf8_before or mixed_utf8(data.splitlines()) is not None):
        return DataError(
            received,
            f"Other {others} are UTF-8: recurra check {copying_command(folder or source)} "
            "writes a copy that is UTF-8 throughout; add --unlabelled if its rows have no labels.",
        )
    return DataError(received, encoding_hint(data[start:], encoding))


def copying_command(source: str) -> str:
    """A file and a cleaned copy of it, as words of a command."""
    path = Path(source)
    if source == "standard input":
        return "FILE --fix COPY.csv"
    kind = next((suffix for suffix in path.suffixes if suffix.lower() in (".tsv", ".jsonl")), ".csv")
    return shlex.join([source, "--fix", f"{path.name.partition('.')[0] or 'data'}.clean{kind}"])


def encoding_hint(data: bytes, encoding: str) -> str:
    """What to do about bytes that the encoding cannot decode.

    Args:
        data: the bytes, as far as they are at hand.
        encoding: encoding as the user named it.
    """
    if encoding.casefold().replace("_", "-") not in {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}:
        return "Name the file's encoding, such as --encoding utf-8."
    # Files are mostly sound.
    from recurra.data.likely_encoding import SAMPLE, decoded, encoding_to_name

    other = "ascii" in encoding.casefold()
    likely = "utf-8" if other and decoded(data[:SAMPLE], "utf-8") is not None else encoding_to_name(data)
    return f"Name the file's encoding{f', such as --encoding {likely}' if likely else ' with --encoding'}."


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


def too_many_columns(count: int, source: str) -> DataError:
    """The error for a table of too many columns."""
    return DataError(f"{source} has {count:,} columns", f"Keep at most {MAX_COLUMNS} of them.")


def row_hint(header: int) -> str:
    """How rows are numbered, for messages, in a table whose header has the number ``header``."""
    return f"{HEADER_HINT}{header:,})"


def row_of_wrong_length(row: int, header: int, fields: int, width: int, text: str, source: str) -> DataError:
    """The error for a row that has another number of fields than there are columns.

    Args:
        row: number of the row.
        header: number of the header.
        fields: number of its fields.
        width: number of columns.
        text: the row.
        source: name of the file.
    """
    shown = "1 field" if fields == 1 else f"{fields:,} fields"
    start = text[:60] + ("..." if len(text) > 60 else "")
    return DataError(
        f"{source}: row {row:,}{row_hint(header)} has {shown} for {width:,} columns: {start!r}",
        "Put a value that holds the separator or a quote in double quotes.",
    )


def title_above_header(title: str, header: str, source: str) -> DataError:
    """The error for a first row that is no header, while a row below it looks like one.

    Args:
        title: the first row.
        header: the row below.
        source: name of the file.
    """
    return DataError(
        f"{source}: the first row, {title[:60]!r}, looks like a title above the header, {header[:60]!r}",
        "Delete the rows above the header.",
    )


def row_too_long(source: str, longest: int) -> DataError:
    """The error for a row of more than ``longest`` bytes."""
    return DataError(
        f"{source}: a row is longer than {longest >> 20} MiB",
        "Look for a quote that is never closed, or cut the text to 1 MiB.",
    )


def never_closed(row: int, header: int, source: str) -> DataError:
    """The error for a quote that is still open at the end of the file."""
    return DataError(
        f"{source}: the quote that begins in row {row:,}{row_hint(header)} is never closed",
        "Close it, or double the quotes inside the value.",
    )


def text_behind_quote(before: bytes, behind: bytes, line: int, opened: int, source: str) -> DataError:
    """The error for text after the closing quote of a value.

    Args:
        before: the row up to there, in UTF-8.
        behind: the text, in UTF-8.
        line: number of the line, from 1.
        opened: number of the line in which the value begins.
        source: name of the file.
    """
    begun = "" if line == opened else f" that begins in line {opened:,}"
    # From that line alone, up to the first character that should not be there.
    shown = re.split(rb"[\r\n]", before)[-1][-_SHOWN:].decode("utf-8", "ignore") + behind.decode("utf-8", "ignore")[:1]
    return DataError(
        f"{source}: line {line:,}: text follows the closing quote of a value{begun}: {shown!r}",
        "Put the whole value in quotes, and double the quotes inside it.",
    )
