"""The bytes of a file of decisions as text, as a spreadsheet may have written them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from recurra.data.content import FileContent
from recurra.data.excel import ExcelBlocks
from recurra.data.file_errors import unknown_encoding
from recurra.data.formats import format_of_bytes, separator_line, separator_of
from recurra.data.likely_encoding import encoding_to_name
from recurra.data.mixed_encodings import mixed_utf8
from recurra.data.utf8_stream import encoding_of, utf16_without_mark
from recurra.errors import DataError

__all__ = ["DecisionFile"]

# Files of decisions are small; larger files were probably named by mistake.
LARGEST = 1 << 26
SAMPLE = 1 << 16
OPTION = "--decisions-encoding"


class DecisionFile(NamedTuple):
    """The content of a file of decisions, as a spreadsheet may have written it.

    Attributes:
        text: without a byte order mark, and without a line such as ``sep=;`` above the header.
        separator: of the fields.
        encoding: of the bytes.
        skipped: number of lines above the header.
    """

    text: str
    separator: str
    encoding: str
    skipped: int = 0

    @classmethod
    def read(cls, path: str | Path, *, encoding: str = "utf-8", workbook: bool = False) -> DecisionFile:
        """Reads it; arguments and errors are those of :func:`recurra.data.review_decisions.read_decisions`.

        Args:
            path: the file.
            encoding: as there.
            workbook: whether it may be the first sheet of a workbook; what is written again must be text.
        """
        file, source = Path(path), str(path)[-80:]
        try:
            if file.stat().st_size > LARGEST:
                raise DataError(
                    f"{source} has {file.stat().st_size:,} bytes", "Give a file of decisions, not the table."
                )
            content = file.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{source!r} cannot be read: {reason}", "Give a .csv file of decisions.") from None
        packed = format_of_bytes(content)
        if packed == "xlsx" and workbook:
            return cls(_sheet(file, source), ",", "utf-8")
        if packed is not None:
            raise DataError(f"{source} begins as a file of the format {packed} does", "Save the decisions as .csv.")
        text, used = _decoded(content, encoding, source)
        named = separator_line(text)
        return cls(text[named.end() if named else 0 :], separator_of(text), used, int(named is not None))


def _sheet(file: Path, source: str) -> str:
    """The first sheet of a workbook as CSV, with a line for each row."""
    out = io.StringIO(newline="")
    for rows in ExcelBlocks(FileContent(file, source=source)).rows():
        csv.writer(out).writerows([" ".join(cell.splitlines()) for cell in row] for row in rows)
    return out.getvalue()


def _decoded(content: bytes, encoding: str, source: str) -> tuple[str, str]:
    """The text of a file without its mark, and its encoding."""
    marked = encoding_of(content[:4], "utf-8")
    unmarked = utf16_without_mark(content[:SAMPLE]) if marked == "utf-8" else None
    try:
        wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    except LookupError:
        raise unknown_encoding(encoding, source) from None
    if unmarked is not None and not wide:
        raise DataError(
            f"{source}: every second byte is NUL, as in UTF-16, and no byte order mark says so",
            f"Say {OPTION} {unmarked}, or save it as UTF-8.",
        )
    # Bytes that are UTF-8 are hardly anything else, and rows in another encoding may come with decisions in UTF-8.
    tried = [marked] if marked != "utf-8" else [encoding] if unmarked is not None else ["utf-8", encoding]
    wrong: list[int] = []
    for name in tried:
        try:
            return content.decode(name).removeprefix("\ufeff"), name
        except UnicodeDecodeError as error:
            wrong.append(error.start)
        except (LookupError, ValueError):
            # A codec from bytes to bytes.
            raise unknown_encoding(encoding, source) from None
    raise _wrong_bytes(content, wrong[0], tried, source)


def _wrong_bytes(content: bytes, start: int, tried: Sequence[str], source: str) -> DataError:
    """The error for bytes that none of the encodings, the first one from ``start`` on, can decode."""
    line = content[:start].decode(tried[0], "ignore").count("\n") + 1
    what = f"byte 0x{content[start]:02x}" if start < len(content) else "the end"
    names = list(dict.fromkeys(tried))
    wrong = names[0] if len(names) == 1 else f"neither {' nor '.join(names)}"
    likely = encoding_to_name(content)
    hint = f"Save it as UTF-8 or .xlsx, or name its encoding with {OPTION}."
    if mixed_utf8(content.splitlines()) is not None:
        hint = "Its lines are in several encodings: save it as UTF-8 or .xlsx."
    elif likely is not None:
        hint = f"Say {OPTION} {likely}, or save it as UTF-8 or .xlsx."
    return DataError(f"{source}: {what} in line {line:,} is {'not ' if len(names) == 1 else ''}{wrong}", hint)
