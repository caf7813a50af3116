"""Reads JSON lines: one object per line, whose keys are the columns.

Names and types follow from the first lines. A column holds texts, integers, numbers, booleans or lists of texts; any
other or mixed values are kept as JSON (Arrow's extension type) and can be neither texts nor labels. A dotted name such
as ``ticket.body`` is a column of values inside an object, unless a key itself is written so; of itself it is a column
where only objects hold texts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any

from recurra.data.blocks import GUESS_ROWS
from recurra.data.column_statistics import may_be_texts
from recurra.data.columns import NamedColumnError, quoted_names
from recurra.data.content import Content
from recurra.data.delimited import MAX_COLUMNS, RawTable
from recurra.data.file_errors import empty_file
from recurra.data.lines import open_text, whole_lines
from recurra.data.plain_columns import BOOL, DOUBLE, INT64, JSON, LIST, STRING, Column, column_of_values
from recurra.data.row_numbers import RowNumbers
from recurra.data.utf8_stream import Utf8Stream
from recurra.errors import DataError

__all__ = ["BLOCK_BYTES", "DECODER", "MAX_LINE_BYTES", "JsonBlocks", "Numbered"]

BLOCK_BYTES = 1 << 20
"""Approximate size of a block in bytes; as Python objects it takes about ten times as much."""

MAX_LINE_BYTES = 1 << 22
"""Maximum size of an object in bytes."""

HEAD_BLOCKS = 4
"""Maximum number of blocks that names and types are taken from."""

_KINDS: dict[type, str] = {str: STRING, bool: BOOL, int: INT64, float: DOUBLE}
_WORDS = {
    STRING: "a text",
    BOOL: "true or false",
    INT64: "a whole number",
    DOUBLE: "a number",
    LIST: "a list of texts",
}

_MISSING: Any = object()

Numbered = tuple[int, dict[str, Any]]


class JsonBlocks:
    """Blocks of a .jsonl or .ndjson file; blank lines are skipped.

    Args:
        content: the file.
        encoding: Python name of the encoding.
        named: names of columns that the user gave; dotted ones may be of values inside an object.
        of_model: names of columns that a model learned from, likewise; they may be missing.

    Attributes:
        nested: those columns that are values inside an object; known after the first block. They come last. Where no
            column beside the objects may hold the texts, all texts inside objects are such columns.
        inside: dotted names of the values inside objects in the first block, for messages.
    """

    unit = "line"
    hint = 'Write one object a line, such as {"text": "…", "label": "…"}.'

    def __init__(
        self, content: Content, *, encoding: str, named: Collection[str] = (), of_model: Collection[str] = ()
    ) -> None:
        self.content, self.source, self.encoding, self.named = content, content.source, encoding, named
        self._of_model = of_model
        self.total: int | None = None
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.nested: list[str] = []
        self.inside: list[str] = []

    def read(self, columns: Sequence[str] | None = None, *, again: bool = True) -> Generator[RawTable]:
        """See :class:`recurra.data.blocks.Blocks`."""
        rows = 0
        with open_text(self.content, encoding=self.encoding, again=again) as (text, opened):
            taken = 0
            kinds: dict[str, str] | None = None
            for some, size in _with_head(self._objects(text)):
                taken += size
                if not some:
                    continue
                kinds = kinds or self._kinds(some)
                wanted = {name: kind for name, kind in kinds.items() if columns is None or name in columns}
                numbers = RowNumbers.of_rows([number for number, _ in some])
                yield RawTable([*wanted], self._columns(some, wanted, kinds), numbers, "", typed=True)
                rows += len(some)
                if opened.size is not None:
                    self.total = rows if text.done else max(rows, rows * opened.size // taken)
        if not rows:
            raise (
                empty_file(self.source, header=False)
                if text.blank
                else DataError(f"{self.source} has no rows", self.hint)
            )
        self.total = rows

    def _objects(self, text: Utf8Stream) -> Iterator[tuple[list[Numbered], int]]:
        """The objects of each piece with their numbers, and its size."""
        decode = DECODER.decode
        number = 0
        for piece in whole_lines(text, at_once=BLOCK_BYTES, longest=MAX_LINE_BYTES):
            found: list[Numbered] = []
            # Split at line feeds only: JSON strings may contain other line separators.
            for line in piece.decode().split("\n")[:-1]:
                number += 1
                if not line.strip():
                    continue
                try:
                    value = decode(line)
                except (ValueError, RecursionError) as error:
                    raise self._wrong(number, error) from None
                found.append((number, self._checked(number, value)))
            yield found, len(piece)

    def _checked(self, number: int, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise self._wrong(number, ValueError(f"it is {_shown(value)}, not an object"))
        return value

    def _wrong(self, number: int, error: Exception, *, begin: int = 0) -> DataError:
        reason = "nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
        if isinstance(error, json.JSONDecodeError):
            reason = f"{reason.removesuffix(' at')} at character {error.pos - begin + 1:,}"
        return DataError(
            f"{self.source}: {self.unit} {number:,} is not JSON as it is read here: {str(reason)[:120]}", self.hint
        )

    def _kinds(self, some: list[Numbered]) -> dict[str, str]:
        """The kind of values in each column, from the first objects."""
        names = list(dict.fromkeys(name for _, row in some for name in row))
        if len(names) > MAX_COLUMNS:
            raise DataError(f"{self.source} has {len(names):,} keys", f"Keep at most {MAX_COLUMNS} of them.")
        objects = ((name, row[name]) for _, row in some for name in row if type(row[name]) is dict)
        found = (f"{name}.{key}" for name, inner in objects for key in inner if type(inner[key]) is not dict)
        self.inside = list(dict.fromkeys(found))[:MAX_COLUMNS]
        self.nested = [name for name in dict.fromkeys(self.named) if "." in name and name not in names]
        for path in self.nested:
            if all(_value_at(row, path) is _MISSING for _, row in some):
                raise self._no_path(path, [row for _, row in some])
        self.nested += [
            name
            for name in dict.fromkeys(self._of_model)
            if "." in name
            and name not in (*names, *self.nested)
            and any(_value_at(row, name) is not _MISSING for _, row in some)
        ]
        kinds = {name: self._kind(name, some) for name in [*names, *self.nested]}
        texts = [name for name, kind in kinds.items() if kind == STRING]
        if not any(may_be_texts(name, self._values(name, some[:GUESS_ROWS])) for name in texts):
            # The texts lie inside: the values there are columns as the others are.
            for name in self.inside:
                if name not in kinds:
                    self.nested.append(name)
                    kinds[name] = self._kind(name, some)
                    if kinds[name] != STRING:
                        self.nested.remove(name)
                        del kinds[name]
        return kinds

    def _kind(self, name: str, some: list[Numbered]) -> str:
        return _kind_of(value for value in self._values(name, some) if value is not None)

    def _values(self, name: str, some: list[Numbered]) -> list[Any]:
        """The values of a column; ``None`` where there are none."""
        if name not in self.nested:
            return [row.get(name) for _, row in some]
        found = (_value_at(row, name) for _, row in some)
        return [None if value is _MISSING else value for value in found]

    def _no_path(self, path: str, rows: list[dict[str, Any]]) -> DataError:
        """The error for a dotted name that no object has, with the names that there are."""
        before, parts = "", path.split(".")
        while parts and (inner := [row[parts[0]] for row in rows if type(row.get(parts[0])) is dict]):
            rows, before = inner, f"{before}{parts.pop(0)}."
        meant = get_close_matches(path, self.inside, n=1, cutoff=0.8)
        there = [before + name for name in dict.fromkeys(name for row in rows for name in row)]
        question = f" Did you mean {meant[0]!r:.80}?" if meant else ""
        return NamedColumnError.of(self.source, path, f"Name one of {quoted_names(there)}.{question}")

    def _columns(self, some: list[Numbered], wanted: dict[str, str], known: dict[str, str]) -> list[Column]:
        for number, row in some:
            if not row.keys() <= known.keys():
                name = next(name for name in row if name not in known)
                self._note_new_key(name, number)
        made = []
        for name, kind in wanted.items():
            values = self._values(name, some)
            try:
                made.append(column_of_values(_as(kind, values), kind))
            except (_WrongKindError, UnicodeEncodeError, OverflowError):
                raise self._wrong_kind(name, kind, some) from None
        return made

    def _wrong_kind(self, name: str, kind: str, some: list[Numbered]) -> DataError:
        """The error for the first value that is not of its column's kind."""
        for (number, _), value in zip(some, self._values(name, some), strict=True):
            where = f"{self.source}: {self.unit} {number:,}, {name[:40]!r}"
            try:
                column_of_values(_as(kind, [value]), kind)
            except _WrongKindError:
                return DataError(
                    f"{where} holds {_shown(value)}, and earlier {self.unit}s hold {_WORDS[kind]} there",
                    f"Write the same kind of value in every {self.unit}.",
                )
            except UnicodeEncodeError:
                return DataError(f"{where} holds half a character, {_shown(value)}", "Write the character whole.")
            except OverflowError:
                return DataError(f"{where} holds {_shown(value)}, beyond 64 bits", "Write it as a text, in quotes.")
        return DataError(f"{self.source}: the values of {name[:40]!r} cannot be read", "Write them as texts.")

    def _note_new_key(self, name: str, number: int) -> None:
        note = f"the key {name[:40]!r} is left out: it stands in {self.unit} {number:,} first, and none before names it"
        if len(self.notes) < MAX_COLUMNS and not any(note.startswith(old.partition(":")[0]) for old in self.notes):
            self.notes.append(note)


def _value_at(row: dict[str, Any], path: str) -> Any:
    """The value at a dotted name, ``_MISSING`` if there is none; a key that is itself written so comes first."""
    if path in row:
        return row[path]
    name, _, rest = path.partition(".")
    inner = row.get(name) if rest else None
    return _value_at(inner, rest) if type(inner) is dict else _MISSING


class _WrongKindError(Exception):
    """A value is not of its column's kind."""


def _with_head(
    blocks: Iterator[tuple[list[Numbered], int]],
) -> Iterator[tuple[list[Numbered], int]]:
    """The blocks, with the first ones, which guesses are based on, merged into one."""
    some: list[Numbered] = []
    size = 0
    for found, taken in islice(blocks, HEAD_BLOCKS):
        some += found
        size += taken
        if len(some) >= GUESS_ROWS:
            break
    yield some, size
    yield from blocks


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)[:40]!r} stands there twice")
    return made


def _constant(word: str) -> None:
    raise ValueError(f"JSON has no number {word}")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
"""Refuses keys that stand in an object twice, and NaN."""


def _kind_of(values: Iterable[Any]) -> str:
    values = list(values)
    kinds = set(map(type, values))
    if kinds == {int, float}:
        return DOUBLE
    if len(kinds) == 1 and (kind := _KINDS.get(next(iter(kinds)))):
        return kind
    if kinds == {list} and all(type(one) is str for value in values for one in value):
        return LIST
    # A column of nulls counts as texts.
    return JSON if kinds else STRING


def _as(kind: str, values: list[Any]) -> list[Any]:
    """The values for the column; raises an :class:`_WrongKindError` if one is not of the kind."""
    if kind == JSON:
        return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    kinds = set(map(type, values)) - {type(None)}
    if kind == LIST:
        if not kinds <= {list} or any(type(one) is not str for value in values if value for one in value):
            raise _WrongKindError
        return values
    allowed = {int, float} if kind == DOUBLE else {own for own, name in _KINDS.items() if name == kind}
    if not kinds <= allowed:
        raise _WrongKindError
    return [None if value is None else float(value) for value in values] if kind == DOUBLE else values


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else text[:57] + "..."
