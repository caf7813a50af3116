"""Columns that are made of Python values or of UTF-8: Arrow's if pyarrow is installed, else plain ones.

A plain column has what the readers, ``evaluate`` and ``score`` use of Arrow's, under the same names.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "BOOL",
    "DOUBLE",
    "INT64",
    "JSON",
    "LIST",
    "STRING",
    "Column",
    "PlainColumn",
    "column_of_values",
    "is_json",
    "text_column_of",
]

BOOL, DOUBLE, INT64, STRING = "bool", "double", "int64", "string"
LIST = "list<item: string>"
"""Type of a column of lists of texts."""
JSON = "extension<arrow.json>"
"""Type of a column of JSON."""

_DECIMAL = range(-6, 10)


class PlainColumn:
    """B values of one type, or ``None``.

    Args:
        values: texts, numbers, booleans or lists of texts.
        type: Arrow's name of the type, one of the constants of this module.
    """

    def __init__(self, values: Sequence[Any], type: str) -> None:  # noqa: A002  (Arrow's name)
        self.values, self.type = values, type

    def __len__(self) -> int:
        return len(self.values)

    @property
    def null_count(self) -> int:
        """The number of missing values."""
        return sum(value is None for value in self.values)

    @property
    def nbytes(self) -> int:
        """Approximate size in memory."""
        if self.type in (STRING, JSON):
            return sum(map(sys.getsizeof, self.values))
        if self.type == LIST:
            return sum(sys.getsizeof(text) for value in self.values for text in value or ())
        return 32 * len(self)

    def slice(self, offset: int, length: int) -> PlainColumn:
        """The values from an index on."""
        return PlainColumn(self.values[offset : offset + length], self.type)

    def to_pylist(self) -> list[Any]:
        """The values."""
        return list(self.values)

    def texts(self) -> list[str | None]:
        """The values as Arrow casts them to texts; not for lists."""
        if self.type == DOUBLE:
            return [None if value is None else _float_text(value) for value in self.values]
        if self.type == BOOL:
            return [None if value is None else "true" if value else "false" for value in self.values]
        return [None if value is None else str(value) for value in self.values]


Column: TypeAlias = Any
"""A ``pyarrow.ChunkedArray`` or a :class:`PlainColumn`."""


def is_json(kind: object) -> bool:
    """Whether a column of this type holds JSON, as :mod:`recurra.data.json_lines` keeps values of several kinds."""
    return str(kind).startswith(JSON[:-1])


def column_of_values(values: Sequence[Any], type: str) -> Column:  # noqa: A002
    """A column of Python values.

    Args:
        values: B values that the type can hold, or ``None``.
        type: one of the constants of this module; JSON as texts.

    Raises:
        OverflowError: an integer is beyond 64 bits.
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    if not _has_arrow():
        if type == INT64:
            np.array([value for value in values if value is not None], dtype=np.int64)
        elif type == LIST:
            "".join(text for value in values for text in value or ()).encode()
        elif type in (STRING, JSON):
            "".join(value for value in values if value is not None).encode()
        return PlainColumn(values, type)
    import pyarrow as pa

    types = {
        STRING: pa.string(),
        BOOL: pa.bool_(),
        INT64: pa.int64(),
        DOUBLE: pa.float64(),
        LIST: pa.list_(pa.string()),
        JSON: pa.json_(pa.string()),
    }
    try:
        return pa.chunked_array([pa.array(values, types[type])])
    except pa.ArrowException as error:
        raise OverflowError(str(error)) from None


def text_column_of(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> Column:
    """A column of texts.

    Args:
        data: uint8[S], valid UTF-8.
        offsets: int32 or int64[B + 1].
    """
    if _has_arrow():
        import pyarrow as pa

        kind = pa.string() if offsets.dtype == np.int32 else pa.large_string()
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.chunked_array([pa.Array.from_buffers(kind, len(offsets) - 1, buffers)])
    whole = data.tobytes()
    text = whole.decode()
    if len(text) == len(whole):
        return PlainColumn([text[begin:end] for begin, end in pairwise(offsets.tolist())], STRING)
    return PlainColumn([whole[begin:end].decode() for begin, end in pairwise(offsets.tolist())], STRING)


def _has_arrow() -> bool:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return False
    return True


def _float_text(value: float) -> str:
    """A number with the fewest digits, in Arrow's form: 100, 0.5, 1.5e-7, 1e+10."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    if not any(digits):
        return "-0" if sign else "0"
    if power in _DECIMAL:
        return f"{Decimal(repr(value)).normalize():f}"
    first, *rest = map(str, digits)
    return f"{'-' if sign else ''}{first}{'.' if rest else ''}{''.join(rest)}e{power:+d}"
