"""Reads one folder per class with one file per text: ``reviews/pos/0_9.txt``.

Folders ``train`` and ``test`` may each hold such folders (the layout of the IMDB reviews). Symbolic links are not
followed, and hidden files and those that do not end in .txt are skipped.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from recurra.data.arrow_columns import MAX_TEXT_BYTES
from recurra.data.blocks import BLOCK_BYTES
from recurra.data.delimited import RawTable
from recurra.data.file_errors import lone_surrogate, unknown_encoding, wrong_bytes
from recurra.data.formats import has_table_suffix
from recurra.data.likely_encoding import decoded
from recurra.data.misread_utf8 import MisreadUtf8
from recurra.data.mixed_encodings import is_utf8_name
from recurra.data.plain_columns import STRING, column_of_values
from recurra.data.row_numbers import RowNumbers
from recurra.data.several_files import join_hint, table_ending
from recurra.data.utf8_stream import encoding_of
from recurra.errors import DataError

__all__ = ["MAX_FILES", "FolderBlocks"]

MAX_FILES = 1 << 20
"""Maximum number of files: their names are sorted in memory."""

# Other files, and for each text, from which on it is said with --quiet as well that they are passed over.
FEWEST_OTHERS, MANY_OTHERS = 5, 0.1

PARTS = ("train", "test")

# In the IMDB reviews this folder has texts without a label.
_UNLABELLED = "unsup"


class FolderBlocks:
    """Blocks of a folder with the columns ``label``, ``text`` and ``file``, by class and file name.

    If it has no subfolders, its .txt files are the rows, and there is no ``label``.

    Args:
        folder: an existing folder.
        source: name of the folder, for messages.
        encoding: Python name of the encoding of the files.
        part: which of the subfolders ``train`` and ``test`` is read, if there are any.

    Attributes:
        decode_wrong: gives the text of a file that is not in this encoding; ``None`` makes it an error.
    """

    decode_wrong: Callable[[bytes], str] | None = None

    def __init__(self, folder: Path, *, source: str, encoding: str, part: Literal["train", "test"]) -> None:
        self.source, self.encoding = source, encoding
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.total: int | None = None
        names = _folders_in(folder, source)
        self.folder = folder
        if any(name in names for name in PARTS):
            if part not in names:
                raise DataError(f"{source} has no folder {part!r}", "Name the folder that holds one folder per class.")
            self.folder = folder / part
            self.notes.append(f"reading the folder {part!r} of {source}")
        self._files: list[tuple[str | None, str]] | None = None
        self._misread: MisreadUtf8 | None = None

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        if self._files is None:
            self._files = self._found()
        self.total = len(self._files)
        files, first = iter(self._files), 1
        self._misread = None if _is_utf8(self.encoding) else MisreadUtf8(self.source, self.encoding, what="files")
        while some := self._some(files):
            yield self._table(some, first)
            first += len(some)
        warning = None if self._misread is None else self._misread.warning
        if warning is not None and warning not in self.warnings:
            self.warnings.append(warning)

    def wrong_files(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each file that is not in the encoding, in order.

        Raises:
            DataError: a file cannot be read.
        """
        self._files = self._files or self._found()
        for _, name in self._files:
            data = self._bytes(name)
            try:
                data.decode(encoding_of(data[:4], self.encoding))
            except UnicodeDecodeError:
                yield name, data

    def _found(self) -> list[tuple[str | None, str]]:
        """Class and path of each file, sorted."""
        classes: list[str | None] = [*_folders_in(self.folder, self.source)]
        if _UNLABELLED in classes and len(classes) > 1:
            classes.remove(_UNLABELLED)
            self.notes.append(f"the folder {_UNLABELLED!r} is left out: its texts have no label")
        found: list[tuple[str | None, str]] = []
        loose = [entry.name for entry in _entries(self.folder, self.source) if _is_text(entry)] if classes else []
        if loose and not any(
            _is_text(entry) for name in classes for entry in _entries(self.folder / str(name), self.source)
        ):
            # Folders without texts, such as one for what is done, are no classes.
            classes, loose = [], []
        if loose:
            self.warnings.append(
                f"{len(loose):,} .txt files of {self.source} that are in no folder are passed over, such as "
                f"{min(loose)!r:.40}: the folders are the classes"
            )
        others: list[str] = []
        for name in classes or [None]:
            place = self.folder if name is None else self.folder / name
            texts: list[str] = []
            for entry in _entries(place, self.source):
                if _is_text(entry):
                    texts.append(entry.name if name is None else f"{name}/{entry.name}")
                    self._check_number(len(found) + len(texts))
                else:
                    others.append(entry.name)
            found += [(name, text) for text in sorted(texts)]
        if not found:
            raise self._no_texts(others if classes else [])
        if others:
            example = f"such as {min(others)!r:.40}"
            passed = f"{len(others):,} links, folders and files that are not .txt are passed over, {example}"
            many = len(others) >= max(FEWEST_OTHERS, MANY_OTHERS * len(found))
            (self.warnings if many else self.notes).append(passed)
        return found

    def _no_texts(self, others: Sequence[str]) -> DataError:
        """The error for a folder without texts, which may be one of tables, or hold texts in files of another ending.

        Args:
            others: names of the files, links and folders in the folders of classes.
        """
        if others:
            return DataError(
                f"{self.source!r} has no .txt files in its folders, but {len(others):,} others, such as "
                f"{min(others)!r:.40}",
                "Write the text of each into a file that ends in .txt, or all into one table.",
            )
        tables = [entry.name for entry in _entries(self.folder, self.source) if has_table_suffix(entry.name)]
        if len(tables) > 1:
            (ending, _), *_ = Counter(map(table_ending, tables)).most_common(1)
            return DataError(
                f"{self.source!r} is a folder of {len(tables):,} tables, such as {min(tables)!r:.60}",
                join_hint(f"{self.source}/*{ending}"),
            )
        return DataError(
            f"{self.source!r} is a folder without .txt files in folders",
            "Name a file in it, such as train.csv, or put the texts of each class into a folder of its own.",
        )

    def _check_number(self, count: int) -> None:
        if count > MAX_FILES:
            raise DataError(
                f"{self.source} holds more than {MAX_FILES:,} files",
                "Write their texts into one .csv or .parquet file.",
            )

    def _some(self, files: Iterator[tuple[str | None, str]]) -> list[tuple[str | None, str, str]]:
        """The next files with their texts, up to about the size of a block."""
        some: list[tuple[str | None, str, str]] = []
        size = 0
        while size < BLOCK_BYTES and (one := next(files, None)):
            text = self._text(one[1])
            some.append((*one, text))
            size += len(text)
        return some

    def _bytes(self, name: str) -> bytes:
        source = f"{self.source}/{name}"
        try:
            # With this flag, a link that has replaced the file since is an error.
            with os.fdopen(os.open(self.folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
                return file.read(4 * MAX_TEXT_BYTES + 1)
        except OSError as error:
            raise DataError(f"{source!r} cannot be read: {error.strerror}", "Check its permissions.") from None

    def _text(self, name: str) -> str:
        source, data = f"{self.source}/{name}", self._bytes(name)
        try:
            text = data.decode(encoding_of(data[:4], self.encoding))
            text.encode()
        except UnicodeDecodeError as error:
            if self.decode_wrong is not None:
                return self.decode_wrong(data).rstrip("\r\n")
            line = data.count(b"\n", 0, error.start) + 1
            raise wrong_bytes(
                data,
                error.start,
                place=error.start,
                line=line,
                source=source,
                encoding=self.encoding,
                utf8_before=self._any_utf8(),
                folder=self.source,
            ) from None
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise lone_surrogate(error, line, source, self.encoding) from None
        except (LookupError, ValueError):
            raise unknown_encoding(self.encoding, source) from None
        if self._misread is not None and encoding_of(data[:4], self.encoding) == self.encoding:
            self._misread.add(data)
        return text.removeprefix("\ufeff").rstrip("\r\n")

    def _any_utf8(self) -> bool:
        """Whether a file is UTF-8, with characters beyond ASCII."""
        contents = (self._bytes(name) for _, name in self._files or ())
        return any(not data.isascii() and decoded(data, "utf-8") is not None for data in contents)

    def _table(self, some: list[tuple[str | None, str, str]], first: int) -> RawTable:
        labels, names, texts = zip(*some, strict=True)
        columns = {"label": labels, "text": texts, "file": names}
        if labels[0] is None:
            del columns["label"]
        arrays = [column_of_values(values, STRING) for values in columns.values()]
        hint = f" ({names[0]} is row {first:,})"
        return RawTable([*columns], arrays, RowNumbers(first), hint, typed=False)


def _is_utf8(encoding: str) -> bool:
    try:
        return is_utf8_name(encoding)
    except LookupError:
        # Reading a file reports it.
        return True


def _entries(folder: Path, source: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = list(islice((entry for entry in entries if not entry.name.startswith(".")), MAX_FILES + 1))
    except OSError as error:
        raise DataError(f"{source!r} cannot be read: {error.strerror}", "Check its permissions.") from None
    if len(found) > MAX_FILES:
        raise DataError(
            f"{source} holds more than {MAX_FILES:,} files", "Write their texts into one .csv or .parquet file."
        )
    return found


def _is_text(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(".txt")


def _folders_in(folder: Path, source: str) -> list[str]:
    return sorted(entry.name for entry in _entries(folder, source) if entry.is_dir(follow_symlinks=False))
