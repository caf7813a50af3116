"""Reads texts and labels from columns: Arrow's, or plain ones where pyarrow is not installed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.data.columns import repeated_column
from recurra.data.delimited import RawTable
from recurra.data.documents import Label
from recurra.data.label_format import SINGLE_LABEL_FORMAT, LabelFormat, NoLabelError
from recurra.data.mixed_values import (
    TEXTS,
    dotted_names,
    held_values,
    json_kinds,
    mixture_of,
    one_kind_hint,
    values_inside,
)
from recurra.data.plain_columns import BOOL, DOUBLE, INT64, LIST, STRING, Column, PlainColumn, is_json
from recurra.errors import DataError

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "MAX_TEXT_BYTES",
    "blank_texts",
    "byte_lengths",
    "checked_texts",
    "column_of",
    "is_float",
    "is_label",
    "is_list",
    "is_nested",
    "is_number",
    "is_text",
    "joined_texts",
    "no_labels",
    "plain_labels",
    "text_column",
    "typed_labels",
]

ColumnType: TypeAlias = "pyarrow.DataType | str"

MAX_TEXT_BYTES = 1 << 20
"""Maximum length of a text in UTF-8 bytes."""

UNLABELLED_HINT = (
    "Give every row a label; recurra check DATA --fix OUT writes a copy without such rows, and train, tune, "
    "evaluate, compare, inspect and data skip them with --skip-unlabelled."
)

# Skipping rows would only hide that another column holds the labels.
GUESSED_HINT = (
    "That it holds the labels is a guess: name the right column with --label. If this is the one, name it as well, and "
    "give every row a label, or skip such rows with --skip-unlabelled."
)


def is_text(kind: ColumnType) -> bool:
    """Whether a column of this type can hold texts."""
    if isinstance(kind, str):
        return kind == STRING
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_label(kind: ColumnType) -> bool:
    """Whether a column of this type can hold labels."""
    return is_text(kind) or is_number(kind)


def is_number(kind: ColumnType) -> bool:
    """Whether a column holds integers, floats or booleans."""
    if isinstance(kind, str):
        return kind in (INT64, DOUBLE, BOOL)
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def is_float(kind: ColumnType) -> bool:
    """Whether a column holds floats."""
    if isinstance(kind, str):
        return kind == DOUBLE
    from pyarrow import types

    return bool(types.is_floating(kind))


def is_list(kind: ColumnType) -> bool:
    """Whether a column of this type can hold any number of labels per row: lists of texts."""
    if isinstance(kind, str):
        return kind == LIST
    from pyarrow import types

    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in lists) and is_text(kind.value_type)


def is_nested(kind: ColumnType) -> bool:
    """Whether a column holds lists or structures."""
    if isinstance(kind, str):
        return kind == LIST
    from pyarrow import types

    return bool(types.is_nested(kind))


def column_of(raw: RawTable, name: str, source: str) -> Column:
    """The column with this name.

    Raises:
        DataError: several columns have it.
    """
    if raw.names.count(name) > 1:
        raise repeated_column(source, raw.names, name)
    return raw.columns[raw.names.index(name)]


def byte_lengths(column: Column) -> npt.NDArray[np.int64]:
    """int64[B], the lengths of texts in UTF-8 bytes; a missing text has 0."""
    if isinstance(column, PlainColumn):
        lengths = (len(text if text.isascii() else text.encode()) for text in (text or "" for text in column.values))
        return np.fromiter(lengths, dtype=np.int64, count=len(column))
    from pyarrow import compute

    return np.asarray(compute.fill_null(compute.binary_length(column), 0).to_numpy(), dtype=np.int64)


def blank_texts(column: Column) -> npt.NDArray[np.bool_]:
    """bool[B], whether a text is missing, or has nothing but white space."""
    if isinstance(column, PlainColumn):
        return np.fromiter((not (text or "").strip() for text in column.values), dtype=np.bool_, count=len(column))
    from pyarrow import compute

    blank = np.asarray(compute.fill_null(compute.utf8_is_space(column), False).to_numpy(zero_copy_only=False))
    return np.asarray(blank | (byte_lengths(column) == 0), dtype=np.bool_)


def _first_nul(column: Column) -> int | None:
    """The index of the first text with a NUL character, or ``None``."""
    if isinstance(column, PlainColumn):
        return next((place for place, text in enumerate(column.values) if "\0" in (text or "")), None)
    from pyarrow import compute

    found = compute.fill_null(compute.match_substring(column, "\0"), False)
    place = int(compute.index(found, True).as_py())
    return None if place < 0 else place


def _where(raw: RawTable, place: int, name: str) -> str:
    return f"row {raw.numbers.number(place):,}{raw.row_hint}, column {name!r}"


def text_column(raw: RawTable, name: str, source: str) -> Column:
    """A column of texts, nulls included.

    Args:
        raw: the parsed file.
        name: name of the column.
        source: name of the file, for messages.

    Raises:
        DataError: the column does not hold texts.
    """
    column = column_of(raw, name, source)
    if not is_text(column.type):
        hint = "Name a column of texts with --text or --title."
        if is_json(column.type):
            hint = f"{hint} {dotted_names(values_inside(name, column))}".strip()
            if mixture_of(json_kinds(column.to_pylist())).usual == TEXTS:
                hint = "Write a text in every row, or name another column with --text or --title."
        raise DataError(f"{source}: column {name!r} holds {held_values(raw, column)}{_why(column, 'not texts')}", hint)
    return column


def _why(column: Column, why: str) -> str:
    """The end of a message on a column that cannot be used; none where the kinds of its values say it."""
    return "" if is_json(column.type) and mixture_of(json_kinds(column.to_pylist())).odd else f", {why}"


def no_labels(raw: RawTable, name: str, source: str) -> DataError:
    """The error for a column whose type cannot hold labels."""
    column = column_of(raw, name, source)
    received = f"{source}: column {name!r} holds {held_values(raw, column)}{_why(column, 'which cannot be labels')}"
    if not is_json(column.type):
        return DataError(received, "Name a column of strings, integers, floats or booleans with --label.")
    values = column.to_pylist()
    kinds = json_kinds(values)
    found = mixture_of(kinds)
    if found.odd:
        text = next((value for value, kind in zip(values, kinds, strict=True) if kind == TEXTS), "")
        return DataError(received, one_kind_hint(found, text))
    inside = dotted_names(values_inside(name, column))
    return DataError(received, f"Name a column of labels with --label. {inside}".strip())


def checked_texts(raw: RawTable, name: str, source: str) -> Column:
    """A column of texts that can all be read; see :func:`text_column`.

    Raises:
        DataError: a text is over ``MAX_TEXT_BYTES`` or has a NUL character.
    """
    column = text_column(raw, name, source)
    lengths = byte_lengths(column)
    for place in np.flatnonzero(lengths > MAX_TEXT_BYTES)[:1].tolist():
        raise DataError(
            f"{source}: {_where(raw, place, name)} holds a text of {lengths[place]:,} bytes",
            "Split or cut it: at most 1 MiB is read. Is a quote missing?",
        )
    nul = _first_nul(column)
    if nul is not None:
        raise DataError(f"{source}: {_where(raw, nul, name)} holds a NUL character", "Remove it from the text.")
    return column


def joined_texts(titles: Column, texts: Column) -> Column:
    """Titles and texts joined, with a space between them if neither is empty or missing."""
    if isinstance(texts, PlainColumn):
        pairs = zip(titles.to_pylist(), texts.values, strict=True)
        return PlainColumn([" ".join(filter(None, pair)) for pair in pairs], STRING)
    import pyarrow as pa
    from pyarrow import compute

    kind = pa.large_string()
    titles, texts = (compute.fill_null(column.cast(kind), "") for column in (titles, texts))
    both = compute.and_(compute.not_equal(titles, ""), compute.not_equal(texts, ""))
    space = compute.if_else(both, pa.scalar(" ", kind), pa.scalar("", kind))
    return compute.binary_join_element_wise(titles, texts, space)


def plain_labels(
    raw: RawTable,
    name: str,
    source: str,
    *,
    label_format: LabelFormat = SINGLE_LABEL_FORMAT,
    guessed: bool = False,
) -> list[Any]:
    """The labels of a column as they are written: texts, unless the file itself has types.

    Lists of labels become tuples; this function does not check whether rows may have several.

    Args:
        raw: the parsed file.
        name: name of the column.
        source: name of the file, for messages.
        label_format: how the cells are read.
        guessed: whether the column is a guess, for messages.

    Raises:
        DataError: the column's type cannot hold labels, or a row has no label.
    """
    column = column_of(raw, name, source)
    values: list[Any]
    if is_text(column.type):
        values = [value or "" for value in checked_texts(raw, name, source).to_pylist()]
        if label_format.empty:
            return [value if value.strip() else None for value in values] if label_format.missing else values
    elif is_label(column.type):
        values = column.to_pylist()
    elif is_list(column.type):
        cells = column.to_pylist()
        lists = [tuple(dict.fromkeys(label for label in cell or () if label)) for cell in cells]
        if not label_format.missing:
            return lists
        # An empty list says that there are none; a null says nothing.
        return [None if cell is None else value for cell, value in zip(cells, lists, strict=True)]
    else:
        raise no_labels(raw, name, source)
    for place, value in enumerate(values):
        empty = value is None or (isinstance(value, str) and not value.strip())
        if label_format.missing and (empty or value != value):
            values[place] = None
        elif empty or (isinstance(value, float) and not math.isfinite(value)):
            what = "no label" if empty else f"the label {value}"
            raise NoLabelError(
                f"{source}: {_where(raw, place, name)} holds {what}", GUESSED_HINT if guessed else UNLABELLED_HINT
            )
    return values


def typed_labels(values: Sequence[Any]) -> list[Any]:
    """Converts texts to booleans, integers or floats if all of them are written so; "07" and "1.50" stay texts.

    ``None``, a missing label, stays.
    """
    distinct = {str(value) for value in values if value is not None}
    readers: tuple[Callable[[str], Label | None], ...] = (_bool, _int, _float)
    for reader in readers:
        table = {value: reader(value) for value in distinct}
        known = {value: label for value, label in table.items() if label is not None}
        if len(known) == len(table):
            return [value if value is None else known[str(value)] for value in values]
    return list(values)


def _bool(value: str) -> bool | None:
    return {"true": True, "false": False}.get(value.lower())


def _int(value: str) -> int | None:
    # 19 characters: longer numbers do not fit 64 bits and are names, such as account numbers.
    return int(value) if len(value) < 20 and value.lstrip("-").isdecimal() and _written(int, value) else None


def _float(value: str) -> float | None:
    return float(value) if _written(float, value) and math.isfinite(float(value)) else None


def _written(kind: type[int] | type[float], value: str) -> bool:
    try:
        return repr(kind(value)) == value
    except ValueError:
        return False
