"""What kind of table a source is: by its name, by what it begins with, or as the user says."""

from __future__ import annotations

import csv
import re
import stat
from pathlib import Path
from typing import NamedTuple

from recurra.data.columns import is_usual_name
from recurra.data.content import Content
from recurra.data.decompression import COMPRESSIONS
from recurra.errors import DataError, SettingsError

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "Format",
    "checked_format",
    "format_of_magic",
    "format_of_text",
    "head_text",
    "named_format",
    "require_pyarrow",
    "short_name",
]

MAX_FILE_BYTES = 1 << 31
"""Bytes of the largest file that is read into memory."""

FORMATS = ("csv", "tsv", "jsonl", "fasttext", "txt", "parquet")
"""Names of what ``--format`` takes; a folder per class is known by being a folder."""

LABEL_MARK = "__label__"

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "txt",
    ".parquet": "parquet",
}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PAR1": "parquet"}
_LINE_END = re.compile(r"\r\n?|\n")
_LOOK_BYTES = 1 << 16
_LOOK_LINES = 10


class Format(NamedTuple):
    """How a source is read.

    Attributes:
        name: one of :data:`FORMATS`, or ``folder``.
        compression: what it is compressed by, ``None`` where it is not.
    """

    name: str
    compression: str | None = None


def checked_format(file: Path, source: str, *, format: str | None = None, largest: int | None = None) -> Format:  # noqa: A002
    """The format of a file or folder, by its name and after a look at what is there.

    Args:
        file: the path.
        source: its name, for messages.
        format: as the user says, ``None`` to go by the extension.
        largest: bytes that are read at most, or ``None`` where any number is.

    Raises:
        DataError: there is no such file, it is of another kind, empty or too large.
        SettingsError: there is no such format.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        raise DataError(f"No file {source!r}", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise DataError(f"{source!r} cannot be opened: {reason}", "Check the path and its permissions.") from None
    if stat.S_ISDIR(status.st_mode):
        return Format("folder")
    found = named_format(file.name, format)
    if found is None:
        kind = file.suffix.lower()
        mend = f"Give a {', '.join([*_SUFFIXES][:-1])} or .parquet file, packed as .gz or .zst or not, or say --format."
        if kind == ".json":
            mend = "Write one object a line and call it .jsonl, or say --format jsonl if it is so."
        raise DataError(f"{source!r} ends in {kind!r}", mend)
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{source!r} is not a regular file", "Save the table as a file, or pipe it and name it -.")
    if status.st_size == 0:
        raise DataError(f"{source} is empty", "Give a file with a header row and at least one row.")
    if largest is not None and status.st_size > largest:
        raise DataError(f"{source} has {status.st_size:,} bytes", f"Split it: at most {largest:,} are read.")
    return found


def named_format(name: str, format: str | None = None) -> Format | None:  # noqa: A002
    """The format of a file of that name, ``None`` where the name does not tell.

    Args:
        name: of a file.
        format: as the user says.

    Raises:
        SettingsError: there is no such format, or not compressed.
    """
    if format is not None and format not in FORMATS:
        raise SettingsError(f"--format {format!r:.80}", f"Say {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    path = Path(name.lower())
    compression = COMPRESSIONS.get(path.suffix)
    kind = format or _SUFFIXES.get((path.with_suffix("") if compression else path).suffix)
    if kind == "parquet" and compression is not None:
        raise DataError(
            f"{short_name(name)!r} is a packed .parquet file", "Unpack it: Parquet is compressed by itself."
        )
    return None if kind is None else Format(kind, compression)


def format_of_magic(content: Content) -> str | None:
    """``gzip``, ``zstd`` or ``parquet``, if the first bytes are theirs."""
    opened = content.open()
    try:
        head = opened.read(4)
    finally:
        opened.close()
    return next((name for mark, name in _MAGIC.items() if head.startswith(mark)), None)


def head_text(content: Content, encoding: str) -> str:
    """The first lines, for a look at them; what is not of the encoding is replaced."""
    opened = content.open()
    try:
        data = opened.read(_LOOK_BYTES)
    finally:
        opened.close()
    try:
        return data.decode(encoding, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError, AttributeError):
        # Reading says what is wrong with the encoding.
        return ""


def format_of_text(head: str) -> str:
    """The format that a text of unknown name has, by its first lines.

    ``fasttext`` where the lines begin with its mark; ``jsonl`` where the first begins with a brace; ``tsv`` or ``csv``
    where the first line has several fields and names a column as texts or labels are usually called; else ``txt``.
    """
    lines = [line for line in _LINE_END.split(head, _LOOK_LINES)[:_LOOK_LINES] if line.strip()]
    if not lines:
        return "txt"
    if all(line.lstrip().startswith(LABEL_MARK) for line in lines):
        return "fasttext"
    if lines[0].lstrip().startswith("{"):
        return "jsonl"
    for name, delimiter in (("tsv", "\t"), ("csv", separator_of(head))):
        names = next(csv.reader([lines[0]], delimiter=delimiter), [])
        if len(names) > 1 and any(map(is_usual_name, names)):
            return name
    return "txt"


def separator_of(head: str) -> str:
    """What parts the fields of a .csv: a semicolon where the first line has some and no comma, else a comma.

    Spreadsheets write semicolons where the comma is the decimal mark.
    """
    first = next((line for line in _LINE_END.split(head) if line.strip()), "")
    return ";" if ";" in first and "," not in first else ","


def require_pyarrow(what: str = "Reading tables") -> None:
    """Raises a :class:`DataError` that says how to install pyarrow, where it is missing."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise DataError(f"{what} needs pyarrow, which is not installed", "Run: pip install 'recurra[data]'.") from None


def short_name(name: str) -> str:
    """The end of a long name."""
    return name if len(name) <= 80 else "..." + name[-77:]
