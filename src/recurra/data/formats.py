"""The format of a table: from its name, its first bytes, or the user."""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Collection, Iterable
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from recurra.data.content import Content
from recurra.data.decompression import COMPRESSIONS
from recurra.data.file_errors import empty_file
from recurra.data.several_files import is_pattern, join_hint
from recurra.data.usual_names import is_usual_name
from recurra.data.utf8_stream import encoding_of
from recurra.errors import DataError, SettingsError

__all__ = [
    "FORMATS",
    "LOOK_BYTES",
    "LOOK_LINES",
    "MAX_FILE_BYTES",
    "TITLE_ROWS",
    "Format",
    "check_not_packed",
    "checked_format",
    "first_lines",
    "format_of_bytes",
    "format_of_magic",
    "format_of_text",
    "has_table_suffix",
    "head_text",
    "header_format",
    "is_title_above",
    "named_format",
    "require_openpyxl",
    "require_pyarrow",
    "separator_line",
    "separator_of",
    "short_name",
    "short_names",
]

MAX_FILE_BYTES = 1 << 31
"""Maximum size of a file that is read into memory, in bytes."""

FORMATS = ("csv", "tsv", "jsonl", "json", "fasttext", "txt", "xlsx", "parquet")
"""Values of ``--format``; a folder is always read as one folder per class."""

TITLE_ROWS = 5
"""How many rows, the first included, are looked at for a header below a title."""

LABEL_MARK = "__label__"

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".txt": "txt",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "xlsx", b"PAR1": "parquet"}
_LINE_END = re.compile(r"\r\n?|\n")
_SEPARATOR_LINE = re.compile(r'"?sep=([;,|\t])"?(?:\r\n?|\n|$)', re.IGNORECASE)
_JSON_ARRAY = re.compile(r"\s*\[\s*\{")
LOOK_LINES = 10
"""Number of lines by which it is guessed."""

LOOK_BYTES = 1 << 16
"""Number of bytes at the start of a file by which its format is guessed."""


class Format(NamedTuple):
    """The format of a source.

    Attributes:
        name: one of :data:`FORMATS`, or ``folder``.
        compression: ``gzip``, ``zstd`` or ``None``.
    """

    name: str
    compression: str | None = None


def checked_format(file: Path, source: str, *, format: str | None = None, largest: int | None = None) -> Format:  # noqa: A002
    """The format of a file or folder, from its name; checks that it can be opened.

    Args:
        file: the path.
        source: name of the source, for messages.
        format: format that the user gave, ``None`` to go by the extension.
        largest: maximum size in bytes, or ``None`` for any size.

    Raises:
        DataError: there is no such file, its format is not supported, or it is empty or too large.
        SettingsError: there is no such format.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        hint = join_hint(str(file)) if is_pattern(str(file)) else "Check the path."
        raise DataError(f"No file {source!r}", hint) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise DataError(f"{source!r} cannot be opened: {reason}", "Check the path and its permissions.") from None
    if stat.S_ISDIR(status.st_mode):
        return Format("folder")
    found = named_format(file.name, format)
    if found is None:
        kind = file.suffix.lower()
        hint = f"Give a {', '.join([*_SUFFIXES][:-1])} or .parquet file, packed as .gz or .zst or not, or say --format."
        raise DataError(f"{source!r} ends in {kind!r}", hint)
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{source!r} is not a regular file", "Save the table as a file, or pipe it and name it -.")
    # A file of texts may have no lines; who needs some says so.
    if status.st_size == 0 and found.name != "txt":
        raise empty_file(source, header=found.name in ("csv", "tsv", "xlsx"))
    if largest is not None and status.st_size > largest:
        raise DataError(f"{source} has {status.st_size:,} bytes", f"Split it: at most {largest:,} are read.")
    return found


def named_format(name: str, format: str | None = None) -> Format | None:  # noqa: A002
    """The format of a file from its name, ``None`` if the extension is unknown.

    Args:
        name: name of the file.
        format: format that the user gave.

    Raises:
        DataError: the format cannot be compressed.
        SettingsError: there is no such format.
    """
    if format is not None and format not in FORMATS:
        raise SettingsError(f"There is no format {format!r:.80}", f"Say {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    path = Path(name.lower())
    compression = COMPRESSIONS.get(path.suffix)
    kind = format or _SUFFIXES.get((path.with_suffix("") if compression else path).suffix)
    if kind in ("parquet", "xlsx") and compression is not None:
        raise DataError(f"{short_name(name)!r} is a packed .{kind} file", "Unpack it: it is compressed by itself.")
    return None if kind is None else Format(kind, compression)


def has_table_suffix(name: str) -> bool:
    """Whether a name ends as that of a table or of a file of texts does, packed or not."""
    path = Path(name.lower())
    return (path.with_suffix("") if path.suffix in COMPRESSIONS else path).suffix in _SUFFIXES


def check_not_packed(content: Content, name: str) -> None:
    """Checks that a file of text, read as the format ``name``, does not begin as an Excel or Parquet file does.

    Raises:
        DataError: it does; its ending is wrong.
    """
    found = format_of_magic(content)
    if found == "xlsx":
        what = "an Excel file (or another .zip file)"
    elif found == "parquet":
        what = "a Parquet file"
    else:
        return
    raise DataError(
        f"{content.source} is read as {name}, and its first bytes are those of {what}", f"Say --format {found}."
    )


def format_of_magic(content: Content) -> str | None:
    """``gzip``, ``zstd``, ``xlsx`` or ``parquet``, if the first bytes are their magic number."""
    opened = content.open()
    try:
        head = opened.read(4)
    finally:
        opened.close()
    return format_of_bytes(head)


def format_of_bytes(head: bytes) -> str | None:
    """``gzip``, ``zstd``, ``xlsx`` or ``parquet``, if bytes begin with their magic number."""
    return next((name for mark, name in _MAGIC.items() if head.startswith(mark)), None)


def _head(content: Content) -> bytes:
    opened = content.open()
    try:
        return opened.read(LOOK_BYTES)
    finally:
        opened.close()


def head_text(content: Content, encoding: str) -> str:
    """The start of a file for format guesses; undecodable bytes are replaced."""
    data = _head(content)
    try:
        return data.decode(encoding_of(data[:4], encoding), "replace").removeprefix("\ufeff")
    except (LookupError, ValueError, AttributeError):
        # Reading the file reports the encoding error.
        return ""


def first_lines(head: str, count: int = LOOK_LINES) -> list[str]:
    """The first lines of the start of a file, by which its format is guessed."""
    return _LINE_END.split(head, count)[:count]


def format_of_text(head: str, known: Collection[str] = ()) -> str:
    """Guesses the format of a text file from its first lines.

    ``fasttext`` if all lines start with ``__label__``; ``jsonl`` if the first starts with a brace, ``json`` if it
    starts with a bracket and a brace; ``tsv`` or ``csv`` if the first line has several fields, one of which is a usual
    name of a text or label column, or one of the names in ``known``; else ``txt``.
    """
    lines = [line for line in first_lines(head) if line.strip()]
    if not lines:
        return "txt"
    if all(line.lstrip().startswith(LABEL_MARK) for line in lines):
        return "fasttext"
    if lines[0].lstrip().startswith("{"):
        return "jsonl"
    if _JSON_ARRAY.match(head):
        return "json"
    if separator_line(lines[0]):
        return "csv"
    for name, delimiter in (("tsv", "\t"), ("csv", separator_of(head.lstrip()))):
        names = next(csv.reader([lines[0]], delimiter=delimiter), [])
        if len(names) > 1 and any(one in known or is_usual_name(one) for one in names):
            return name
    return "txt"


def header_format(line: str, known: Collection[str] = ()) -> str | None:
    """``csv`` or ``tsv`` if a line looks like the header of a table with texts, ``None`` if it looks like a text.

    Its fields are short names, and one is a usual name of a text, title or label column, or one of the names in
    ``known``. Also ``csv`` for a usual name alone.
    """
    line = line.removeprefix("\ufeff")
    try:
        form = "csv" if is_usual_name(line) else format_of_text(line, known)
        names = next(csv.reader([line], delimiter="\t" if form == "tsv" else separator_of(line)), [])
    except csv.Error:
        # Such as a line feed within a cell.
        return None
    return form if form in ("csv", "tsv") and short_names(filter(None, names)) else None


def is_title_above(names: Collection[str], line: str) -> bool:
    """Whether the first row of a table is a title, and a row below it the header.

    The row below looks like a header (:func:`header_format`), and the first has no usual name.

    Args:
        names: the fields of the first row.
        line: the row below.
    """
    return header_format(line) is not None and not is_usual_name(line) and not any(map(is_usual_name, names))


def short_names(names: Iterable[str]) -> bool:
    """Whether fields are one to three words each, without spaces around them, as names of columns are."""
    return all(name == name.strip() and 1 <= len(name.split()) <= 3 and len(name) <= 30 for name in names)


def separator_line(head: str) -> re.Match[str] | None:
    """The first line, such as ``sep=;``, by which Excel is told a file's separator (group 1); ``None`` for another."""
    return _SEPARATOR_LINE.match(head)


def separator_of(head: str) -> str:
    """The separator of a .csv file, from its first lines.

    The one that a line such as ``sep=;`` names. Otherwise a tab if the first line has more of them than commas, a
    semicolon or a vertical bar if it has one and no comma. With a comma and one of these in the first line, the one by
    which the next rows have as many fields as the first line, and the most; else a comma.

    Spreadsheets write semicolons in locales with a decimal comma, and tabs as "Unicode text".
    """
    if named := separator_line(head):
        return named[1]
    first = next((line for line in _LINE_END.split(head, LOOK_LINES) if line.strip()), "")
    if first.count("\t") > first.count(","):
        return "\t"
    others = [mark for mark in (";", "|") if mark in first]
    if "," not in first or not others:
        return others[0] if others else ","
    # The first of the best: a comma where it is as good as another.
    return max([",", *others], key=lambda mark: _agreeing_fields(head, mark))


def _agreeing_fields(head: str, mark: str) -> int:
    """How many fields the first rows have, 0 if they differ or there is one row."""
    try:
        rows = list(islice(csv.reader(StringIO(head, newline=""), delimiter=mark), LOOK_LINES))
    except (csv.Error, ValueError):
        return 0
    if 2 < len(rows) < LOOK_LINES:
        # The head of a file may end within it.
        rows = rows[:-1]
    full = [row for row in rows if any(map(str.strip, row))]
    return len(full[0]) if len(full) > 1 and {len(row) for row in full} == {len(full[0])} else 0


def require_pyarrow(what: str) -> None:
    """Raises a :class:`DataError` with instructions if pyarrow is not installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise DataError(f"{what} needs pyarrow, which is not installed", "Run: pip install 'recurra[data]'.") from None


def require_openpyxl(what: str) -> None:
    """Raises a :class:`DataError` with instructions if openpyxl is not installed."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise DataError(
            f"{what} needs openpyxl, which is not installed", "Run: pip install 'recurra[excel]'."
        ) from None


def short_name(name: str) -> str:
    """The end of a long name, for messages."""
    return name if len(name) <= 80 else "..." + name[-77:]
