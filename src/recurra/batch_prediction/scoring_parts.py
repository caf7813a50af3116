"""Many Parquet files as parts: consecutive row groups of a file, whose answers become one file.

Parts follow from the files' footers alone, so that every run over the same files makes the same ones.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from recurra.data.content import FileContent
from recurra.data.formats import short_name
from recurra.data.parquet import open_parquet
from recurra.errors import DataError, RecurraError, SettingsError

__all__ = ["PART_ROWS", "Part", "PartedFile", "digest_of_part", "matching_files", "parted_file", "parted_files"]

PART_ROWS = 1 << 18
"""Rows of a part, unless a single row group has more."""
PART_BYTES = 1 << 28
"""Bytes of a part in memory, likewise: rows may be long."""

SUFFIX = ".parquet"
# Files with these first characters are no data: readers of folders leave them out.
_HIDDEN = ("_", ".")
_WILDCARDS = "*?["
_PIECE = 1 << 20


@dataclass(frozen=True)
class Part:
    """Consecutive row groups of a Parquet file.

    Attributes:
        file: absolute path of the file.
        source: its name for messages.
        name: path of the answers' file in the output folder, with slashes.
        groups: the first row group and the one after the last.
        place: where its bytes begin in the file and where they end; the parts of a file have all of its bytes.
        size: of the whole file in bytes.
        rows: number of rows, as the footer tells.
    """

    file: str
    source: str
    name: str
    groups: tuple[int, int]
    place: tuple[int, int]
    size: int
    rows: int


@dataclass(frozen=True)
class PartedFile:
    """A Parquet file.

    Attributes:
        path: where it is.
        names: the names of its columns.
        rows: number of its rows.
        parts: all of them.
    """

    path: Path
    names: tuple[str, ...]
    rows: int
    parts: tuple[Part, ...]


def matching_files(data: str) -> tuple[Path, list[Path]]:
    """The Parquet files that DATA names: a file, all in a folder, or those of a pattern such as ``lake/*.parquet``.

    Returns:
        The folder that the names of answers are relative to, and the files in the order of their names.

    Raises:
        DataError: there are none.
        SettingsError: one is no Parquet file, or ``data`` is no path.
    """
    if "://" in data:
        raise SettingsError(
            f"{short_name(data)!r} is an address, and --ray reads files",
            "Give the path at which all machines see them.",
        )
    path = Path(data)
    if path.is_file():
        base, found = path.parent, [path]
    elif path.is_dir():
        base, found = path, sorted(one for one in path.rglob(f"*{SUFFIX}") if _shown(one.relative_to(path)))
    else:
        fixed = []
        for piece in path.parts:
            if any(mark in piece for mark in _WILDCARDS):
                break
            fixed.append(piece)
        base = Path(*fixed)
        matches = sorted(base.glob("/".join(path.parts[len(fixed) :]))) if len(fixed) < len(path.parts) else []
        found = [one for one in matches if one.is_file() and _shown(one.relative_to(base))]
    if not found:
        raise DataError(
            f"No file matches {short_name(data)!r}",
            f"Check the path; a pattern stands in quotes, as in 'lake/*{SUFFIX}'.",
        )
    if (other := next((one for one in found if one.suffix.lower() != SUFFIX), None)) is not None:
        raise SettingsError(
            f"--ray reads {SUFFIX} files, and {short_name(str(other))!r} is none",
            "Convert it, or score it without --ray.",
        )
    return base, found


def parted_files(files: Sequence[Path], base: Path) -> Iterator[PartedFile]:
    """Reads the footers of files.

    Args:
        files: the files, below ``base``.
        base: see :func:`matching_files`.

    Raises:
        DataError: one is not a whole Parquet file.
        RecurraError: two parts would have one name.
    """
    names: set[str] = set()
    for path in files:
        file = parted_file(path, PurePosixPath(path.relative_to(base).as_posix()))
        for part in file.parts:
            if part.name in names:
                raise RecurraError(
                    f"The answers of two files would be called {part.name!r}; one is {part.source!r}",
                    "Rename it, or score it into another folder.",
                )
            names.add(part.name)
        yield file


def parted_file(path: Path, name: PurePosixPath) -> PartedFile:
    """Reads the footer of a file.

    Args:
        path: the file.
        name: what its answers are called; those of several parts have a number behind it.

    Raises:
        DataError: it is not a whole Parquet file.
    """
    source = short_name(str(path))
    with open_parquet(FileContent(path, source=source)) as opened:
        metadata, names = opened.metadata, tuple(opened.schema_arrow.names)
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        cuts = _cuts([(group.num_rows, group.total_byte_size) for group in groups])
        size = path.stat().st_size
        ends = [*(_begin(groups[cut]) for cut in cuts[1:-1]), size]
        parts = []
        for number, (first, end) in enumerate(pairwise(cuts)):
            several = f"-{number:05d}-of-{len(cuts) - 1:05d}" if len(cuts) > 2 else ""
            parts.append(
                Part(
                    file=str(path.absolute()),
                    source=source,
                    name=str(name.with_name(f"{name.stem}{several}{SUFFIX}")),
                    groups=(first, end),
                    place=(ends[number - 1] if number else 0, ends[number]),
                    size=size,
                    rows=sum(group.num_rows for group in groups[first:end]),
                )
            )
    return PartedFile(path, names, metadata.num_rows, tuple(parts))


def digest_of_part(part: Part) -> str:
    """SHA-256 (hex) of the bytes of a part; those of its file's footer are in the last one.

    Raises:
        DataError: the file cannot be read, or is longer or shorter than it was.
    """
    digest, (begin, end) = hashlib.sha256(), part.place
    with FileContent(Path(part.file), source=part.source).seekable() as file:
        if file.seek(0, os.SEEK_END) != part.size:
            raise DataError(
                f"{part.source} was changed since this run began", "Run the command again when nothing writes to it."
            )
        file.seek(begin)
        while begin < end and (piece := file.read(min(_PIECE, end - begin))):
            digest.update(piece)
            begin += len(piece)
    return digest.hexdigest()


def _shown(path: Path) -> bool:
    return not any(piece.startswith(_HIDDEN) for piece in path.parts)


def _cuts(groups: Sequence[tuple[int, int]]) -> list[int]:
    """Where parts begin, and the number of groups; each part has one group at least, that of an empty file none."""
    cuts, rows, size = [0], 0, 0
    for place, (more, bytes_more) in enumerate(groups):
        if place > cuts[-1] and (rows + more > PART_ROWS or size + bytes_more > PART_BYTES):
            cuts.append(place)
            rows = size = 0
        rows, size = rows + more, size + bytes_more
    return [*cuts, len(groups)]


def _begin(group: Any) -> int:
    """Where the first byte of a row group is."""
    columns = [group.column(place) for place in range(group.num_columns)]
    pages: list[int] = [page for one in columns for page in (one.dictionary_page_offset, one.data_page_offset) if page]
    return min(pages)
