"""Columns and data frames of pandas, Polars, Arrow and others as Python's lists and NumPy's arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "NamedMatrix",
    "column_key",
    "column_names",
    "listed",
    "named_matrix",
    "other_order_note",
    "plain_list",
    "plain_value",
]


class NamedMatrix(NamedTuple):
    """The values of a data frame or Arrow table.

    Attributes:
        names: C names of columns, as the frame has them.
        values: [B, C].
    """

    names: list[Any]
    values: npt.NDArray[Any]


def listed(values: Any) -> Any:
    """A column of pandas, Polars or Arrow as a list of Python's values, lists in it included; anything else as it is.

    Elements of an Arrow column are no Python objects, and those of a Polars column of lists are columns.
    """
    for convert in ("to_pylist", "to_list", "as_py"):
        if hasattr(values, convert):
            return getattr(values, convert)()
    return values


def plain_list(values: Any) -> list[Any]:
    """A sequence as a list of Python's values, also one of columns or of scalars of NumPy or Arrow."""
    rows = values.tolist() if isinstance(values, np.ndarray) else listed(values)
    return [one if type(one) is str else plain_value(listed(one)) for one in rows]


def plain_value(value: Any) -> Any:
    """A scalar of NumPy as Python's; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def other_order_note(X: Any, y: Any, name: str = "y", *, first: str = "X") -> str:
    """What is said of two objects of pandas whose indexes hold the same values in another order; else empty.

    Args:
        X: anything, with B rows.
        y: what is paired with them by position.
        name: of ``y``.
        first: name of ``X``.
    """
    if not (hasattr(X, "iloc") and hasattr(y, "iloc")) or len(X) != len(y) or X.index.equals(y.index):
        return ""
    # Sets compare values of any kind, and the tuples of an index of several levels; isin() refuses some pairs.
    if not (X.index.is_unique and y.index.is_unique and set(X.index) == set(y.index)):
        return ""
    return (
        f"{first} and {name} have the same index in another order, and are paired by position: if rows of one index "
        f"belong together, give {name}.loc[{first}.index]"
    )


def named_matrix(frame: Any) -> NamedMatrix | None:
    """The names and values of a data frame or Arrow table; ``None`` for anything else.

    Raises:
        DataError: it is a lazy frame, or Arrow cannot take it.
    """
    # Predicting imports this module, and needs no readers of tables.
    from recurra.data.formats import require_pyarrow
    from recurra.data.frames import FrameBlocks, is_frame

    if not is_frame(frame):
        return None
    if hasattr(frame, "to_numpy"):
        return NamedMatrix(column_names(frame), np.asarray(frame))
    require_pyarrow("Reading data frames")
    # An index of pandas that was kept as a column of an Arrow table is left out.
    table = FrameBlocks(frame).table
    return NamedMatrix(list(table.column_names), np.column_stack([column.to_numpy() for column in table.columns]))


def column_names(frame: Any) -> list[Any]:
    """The names of a table's columns; those of a stream are not known before it is read."""
    names: Any = getattr(frame, "column_names", None)
    return list(listed(getattr(frame, "columns", ()) if names is None else names))


def column_key(frame: Any, name: str) -> str:
    """How a column is written in ``frame[…]``: Arrow has names that are texts, and pandas any, such as numbers."""
    own = column_names(frame)
    return repr(next((one for one in own if not isinstance(one, str) and str(one) == name and name not in own), name))
