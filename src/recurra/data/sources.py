"""Opens tables: files, folders, standard input and data frames."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from recurra.data.blocks import Blocks, DelimitedBlocks, ParquetBlocks
from recurra.data.class_folders import FolderBlocks
from recurra.data.content import Content, FileContent, PipeContent
from recurra.data.decompression import DecompressedContent
from recurra.data.excel import ExcelBlocks
from recurra.data.fasttext_lines import FastTextBlocks
from recurra.data.formats import (
    Format,
    check_not_packed,
    checked_format,
    first_lines,
    format_of_magic,
    format_of_text,
    head_text,
    header_format,
    named_format,
    require_pyarrow,
    separator_of,
    short_name,
)
from recurra.data.frames import FrameBlocks, is_frame
from recurra.data.json_arrays import JsonArrayBlocks
from recurra.data.json_lines import JsonBlocks
from recurra.data.lines import LineBlocks
from recurra.data.misread_utf8 import misread_lines
from recurra.data.model_columns import ModelColumns
from recurra.data.several_files import join_hint, table_ending
from recurra.data.table_guess import TABLE_LINES, how_to_read, table_format, table_or_texts
from recurra.errors import DataError

__all__ = ["STANDARD_INPUT", "Source", "open_blocks"]

STANDARD_INPUT = "-"

_MARKS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}

Source: TypeAlias = str | Path | Any
"""A file's or folder's path, ``-`` for standard input, or a data frame or Arrow table."""


class _Names(NamedTuple):
    """Names of columns: those that the user gave, and those that a model learned from."""

    named: Collection[str]
    of_model: Collection[str]


def open_blocks(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002  (the option's name)
    encoding: str = "utf-8",
    part: Literal["train", "test"] = "train",
    largest: int | None = None,
    named: Iterable[str | None] = (),
    model: ModelColumns | None = None,
) -> Blocks:
    """Opens a table of any kind, to be read in blocks.

    A file's extension gives its format: .csv, .tsv (header row, RFC 4180 quoting), .jsonl or .ndjson (one object per
    line), .json (one array of objects), .txt (fastText's format if the first lines begin with ``__label__``, else one
    text per line), each of them also compressed as .gz or .zst, .xlsx (the first sheet) and .parquet. A folder holds
    one folder of .txt files per class. The first bytes of standard input give its format.

    Args:
        source: a path, ``-`` for standard input, or a data frame or Arrow table.
        format: one of :data:`recurra.data.formats.FORMATS`, ``None`` to go by the name or the first bytes.
        encoding: text encoding, for all but Excel, Parquet and frames; a file's byte order mark stands above it.
        part: ``train`` or ``test``, for a folder that has both.
        largest: maximum size of a file in bytes, ``None`` for any.
        named: names of columns that the user gave, if any; in JSON, ``ticket.body`` names a value inside an object; in
            Excel, a first row with one of them is a header for sure.
        model: columns that a model learned from, which may be there in the same ways.

    Raises:
        DataError: the source cannot be opened, or its format is not supported.
        SettingsError: there is no such format.
    """
    if is_frame(source):
        require_pyarrow("Reading data frames")
        return FrameBlocks(source)
    if not isinstance(source, str | os.PathLike):
        several = isinstance(source, list | tuple) and all(isinstance(one, str | os.PathLike) for one in source)
        what = f"is a list, {list(map(str, source))!r:.100}" if several else f"is {source!r:.60}"
        hint = join_hint(f"*{table_ending(str(source[0]))}") if several and source else "Give a path or a data frame."
        raise DataError(f"The table to read {what}", hint)
    columns = _Names([name for name in named if name], () if model is None else model.names)
    if source == STANDARD_INPUT:
        return _open_standard_input(format, encoding, columns)
    file, name = Path(source), short_name(str(source))
    found = checked_format(file, name, format=format, largest=largest)
    if found.name == "folder":
        return FolderBlocks(file, source=name, encoding=encoding, part=part)
    content = _decompressed(FileContent(file, source=name), found.compression)
    head = head_text(content, encoding) if found.name == "txt" and format is None else ""
    if format_of_text(head) == "fasttext":
        found = Format("fasttext")
    table = _format_by_columns(head, columns, name)
    blocks = _open_format(content, table or found.name, encoding, columns)
    if table is not None:
        blocks.notes.append(f"{name}: read as {table}, as its first line names columns; name another with --format")
    elif isinstance(blocks, LineBlocks):
        _note_rows(blocks, head)
    return blocks


def _format_by_columns(head: str, columns: _Names, source: str) -> str | None:
    """``csv`` or ``tsv`` if the first line of a file of texts names columns that were asked for, else ``None``."""
    known = {*columns.named, *columns.of_model}
    names = next((line for line in first_lines(head) if line.strip()), "")
    if (form := header_format(names, known)) is None:
        return None
    fields = next(csv.reader([names], delimiter="\t" if form == "tsv" else separator_of(names)))
    return None if len(fields) < 2 or known.isdisjoint(fields) else _sure_format(form, head, columns, source)


def _sure_format(form: str, head: str, columns: _Names, source: str) -> str:
    """The format guessed by the first line, or ``txt`` where the lines are texts.

    Raises:
        DataError: neither is sure: a table that is read as texts, or texts as a table, would not be noticed.
    """
    if form not in ("csv", "tsv"):
        return form
    found = table_or_texts(head, form, known=columns.of_model, named=columns.named)
    if found == "unsure":
        line = next(line for line in first_lines(head) if line.strip())
        raise DataError(
            f"{source} may be a table or one text a line: its first line, {line.strip()!r:.80}, looks like a header, "
            "and rows with as many fields do not follow it",
            f"Say --format {form} or --format txt.",
        )
    return form if found == "table" else "txt"


def _open_standard_input(asked: str | None, encoding: str, named_columns: _Names) -> Blocks:
    if sys.stdin is None:
        raise DataError("There is no standard input", "Name a file, or pipe a table or one text a line.")
    content: Content = PipeContent(sys.stdin.buffer, source="standard input")
    named = named_format("", asked)
    compression = format_of_magic(content)
    if compression in ("gzip", "zstd"):
        content = _decompressed(content, compression)
    if named:
        name = named.name
    elif compression in ("xlsx", "parquet"):
        name = compression
    else:
        head = head_text(content, encoding)
        form = format_of_text(head, {*named_columns.named, *named_columns.of_model})
        name = _sure_format(form, head, named_columns, content.source)
    blocks = _open_format(content, name, encoding, named_columns)
    if named is None:
        packed = f", packed by {compression}" if compression in ("gzip", "zstd") else ""
        blocks.notes.append(f"standard input is read as {name}{packed}, by its first bytes; name it with --format")
        if isinstance(blocks, LineBlocks):
            _note_rows(blocks, head_text(content, encoding))
    return blocks


def _note_rows(blocks: LineBlocks, head: str) -> None:
    """Warns that lines look like rows of a table."""
    lines = first_lines(head, TABLE_LINES)
    form = table_format(lines)
    if form is not None:
        blocks.warnings.append(
            f"{blocks.source}: its lines look like rows of a table, and each is read as one text; to read their "
            f"columns, {how_to_read(form, next(filter(str.strip, lines), ''))}"
        )


def _decompressed(content: Content, compression: str | None) -> Content:
    if compression is None:
        return content
    if compression == "zstd":
        require_pyarrow("Reading .zst")
    return DecompressedContent(content, compression)


def _open_format(content: Content, name: str, encoding: str, columns: _Names) -> Blocks:
    if name not in ("xlsx", "parquet"):
        check_not_packed(content, name)
    blocks = _blocks(content, name, encoding, columns)
    if name not in ("xlsx", "parquet") and (warning := misread_lines(content, encoding)) is not None:
        blocks.warnings.append(warning)
    return blocks


def _blocks(content: Content, name: str, encoding: str, columns: _Names) -> Blocks:
    if name == "txt":
        return LineBlocks(content, encoding=encoding)
    if name == "xlsx":
        return ExcelBlocks(content, {*columns.named, *columns.of_model})
    if name == "parquet":
        require_pyarrow("Reading .parquet")
        return ParquetBlocks(content)
    if name == "jsonl":
        return JsonBlocks(content, encoding=encoding, named=columns.named, of_model=columns.of_model)
    if name == "json":
        return JsonArrayBlocks(content, encoding=encoding, named=columns.named, of_model=columns.of_model)
    if name == "fasttext":
        return FastTextBlocks(content, encoding=encoding)
    if name == "tsv":
        return DelimitedBlocks(content, delimiter="\t", encoding=encoding)
    blocks = DelimitedBlocks(content, delimiter=separator_of(head_text(content, encoding)), encoding=encoding)
    if blocks.delimiter != ",":
        blocks.notes.append(f"{content.source}: its fields are parted by {_MARKS[blocks.delimiter]}")
    return blocks
