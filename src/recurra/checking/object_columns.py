"""Columns of a cleaned copy whose rows were read from JSON: values inside objects stand in it once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recurra.data.plain_columns import JSON, column_of_values

if TYPE_CHECKING:
    import pyarrow

__all__ = ["as_columns", "as_objects"]

Columns = Mapping[str, "pyarrow.ChunkedArray"]


def as_columns(columns: Columns, nested: Sequence[str]) -> Columns:
    """The columns without the objects that hold ``nested``: an object would be a text that tells the label.

    Args:
        columns: by name, with those of ``nested``.
        nested: dotted names of the columns that are values inside an object.
    """
    objects = {path.partition(".")[0] for path in nested}
    return {name: column for name, column in columns.items() if name not in objects}


def as_objects(columns: Columns, nested: Sequence[str], changed: Mapping[str, Sequence[int]]) -> Columns:
    """The columns without ``nested``, whose changed values are written into the objects that hold them.

    Args:
        columns: by name, with those of ``nested``.
        nested: dotted names of the columns that are values inside an object.
        changed: the indices of the changed values by name of a column.
    """
    found = {name: column for name, column in columns.items() if name not in nested}
    for path in nested:
        if not changed.get(path):
            continue
        name = path.partition(".")[0]
        objects, values = found[name].to_pylist(), columns[path].to_pylist()
        for place in changed[path]:
            if values[place] is not None:
                row = {name: json.loads(objects[place])}
                _put(row, path, values[place])
                objects[place] = json.dumps(row[name], ensure_ascii=False)
        found[name] = column_of_values(objects, JSON)
    return found


def _put(row: dict[str, Any], path: str, value: object) -> None:
    """Replaces the value at a dotted name; a key that is itself written so comes first, as in reading."""
    if path in row:
        row[path] = value
        return
    name, _, rest = path.partition(".")
    _put(row[name], rest, value)
