"""Reads a table of documents from a .csv, .tsv or .parquet file."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from recurra.data.cells import is_label, is_text, labels_of, texts_of
from recurra.data.columns import ColumnFacts, choose_columns
from recurra.data.delimited import RawTable, parse_delimited
from recurra.data.documents import Document
from recurra.data.parquet import parse_parquet
from recurra.data.table import Table
from recurra.errors import DataError

__all__ = [
    "GUESS_ROWS",
    "MAX_FILE_BYTES",
    "check_separator",
    "checked_kind",
    "facts_of",
    "read_table",
    "require_pyarrow",
    "short_name",
]

MAX_FILE_BYTES = 1 << 31
"""Bytes of the largest file that is read."""

TABLES = (".csv", ".tsv", ".parquet")

GUESS_ROWS = 10_000
"""Rows that a guess looks at."""


def read_table(
    path: str | Path,
    *,
    text: str | None = None,
    title: str | None = None,
    label: str | None = None,
    labelled: bool = True,
    encoding: str = "utf-8",
) -> Table:
    """Reads documents and labels; columns that are not named are guessed, and the table's notes say so.

    With a title column the documents are (title, text) pairs. A missing title or text is an empty string. In Parquet
    labels keep the column's type; in .csv and .tsv a column is one of booleans (true, false), of integers or of floats
    if all its values are written as such (Python's way: 7 and not 07, 1.5 and not 1.50), and of strings otherwise.

    Args:
        path: a file that ends in .csv, .tsv (header row, RFC 4180 quoting) or .parquet.
        text: the text column, None to guess it.
        title: the title column, None to guess it where the text column is guessed as well.
        label: the label column, None to guess it.
        labelled: False reads no labels, and none need be there.
        encoding: text encoding of .csv and .tsv files.

    Raises:
        DataError: the file cannot be used as it is; the one line names row, column or byte where known.
    """
    require_pyarrow()
    file = Path(path)
    source = short_name(str(path))
    kind = checked_kind(file, source)
    if kind == ".parquet":
        raw = parse_parquet(file, source=source)
    else:
        delimiter = "," if kind == ".csv" else "\t"
        raw = parse_delimited(_content(file, source), delimiter=delimiter, source=source, encoding=encoding)
        if text is None:
            check_separator(raw, source)
    chosen = choose_columns(facts_of(raw), source=source, text=text, title=title, label=label, labelled=labelled)
    texts = texts_of(raw, chosen.text, source)
    documents: list[Document] = list(texts)
    if chosen.title is not None:
        documents = list(zip(texts_of(raw, chosen.title, source), texts, strict=True))
    labels = None if chosen.label is None else labels_of(raw, chosen.label, source)
    if label is None and labels is not None and not raw.typed and chosen.label in set(map(str, labels)):
        # A guess on a file without a header takes its first row for names, and that row would be lost.
        raise DataError(
            f"{source}: the first row names a column {short_name(chosen.label)!r}, which is one of its labels",
            "Add a header row such as label,text, or name the label column with --label.",
        )
    return Table(
        documents=documents,
        labels=labels,
        text_column=chosen.text,
        title_column=chosen.title,
        label_column=chosen.label,
        source=source,
        notes=() if chosen.note is None else (chosen.note,),
    )


def require_pyarrow(what: str = "Reading tables") -> None:
    """Raises a :class:`DataError` that says how to install pyarrow, where it is missing."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise DataError(f"{what} needs pyarrow, which is not installed", "Run: pip install 'recurra[data]'.") from None


def short_name(name: str) -> str:
    """The end of a long name."""
    return name if len(name) <= 80 else "..." + name[-77:]


def checked_kind(
    file: Path, source: str, *, kinds: Sequence[str] = TABLES, largest: int | None = MAX_FILE_BYTES
) -> str:
    """The file's extension, after a look at the file itself.

    Args:
        file: the file.
        source: its name, for messages.
        kinds: the extensions that can be read.
        largest: bytes that are read at most, or ``None`` where any number is.

    Raises:
        DataError: there is no such file, it is of another kind, empty or too large.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        raise DataError(f"No file {source!r}", "Check the path.") from None
    except (OSError, ValueError) as error:
        raise DataError(
            f"{source!r} cannot be opened: {_reason(error)}", "Check the path and its permissions."
        ) from None
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{source!r} is a folder", "Name a file in it, such as train.csv.")
    kind = file.suffix.lower()
    if kind not in kinds:
        raise DataError(f"{source!r} ends in {kind!r}", f"Give a {', '.join(kinds[:-1])} or {kinds[-1]} file.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{source!r} is not a regular file", "Save the table as a file and name that.")
    if status.st_size == 0:
        raise DataError(f"{source} is empty", "Give a file with a header row and at least one row.")
    if largest is not None and status.st_size > largest:
        raise DataError(f"{source} has {status.st_size:,} bytes", f"Split it: at most {largest:,} are read.")
    return kind


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _content(file: Path, source: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{source!r} cannot be read: {_reason(error)}", "Check its permissions.") from None


def check_separator(raw: RawTable, source: str) -> None:
    """Raises a :class:`DataError` for a file under the wrong separator.

    It is one column wide, and that column's name shows the right one.
    """
    if len(raw.names) == 1:
        other = next((mark for mark in (";", "\t", "|", ",") if mark in raw.names[0]), None)
        if other is not None:
            raise DataError(
                f"{source} has one column, {short_name(raw.names[0])!r}: it is separated by {other!r}",
                "Save it with commas as .csv or with tabs as .tsv.",
            )


def facts_of(raw: RawTable) -> list[ColumnFacts]:
    """What the guess may know: from the first rows, which are enough to tell texts from labels."""
    from pyarrow import compute

    facts = []
    for name, column in zip(raw.names, raw.columns, strict=True):
        head = column.slice(0, GUESS_ROWS)
        text = is_text(head.type)
        facts.append(
            ColumnFacts(
                name=name,
                rows=len(head),
                mean_length=(compute.mean(compute.binary_length(head)).as_py() or 0.0) if text else None,
                distinct=compute.count_distinct(head).as_py() if is_label(head.type) else None,
            )
        )
    return facts
