"""Rows of a source, and what is said where it has none."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from recurra.data.sources import open_blocks
from recurra.errors import DataError

pa = pytest.importorskip("pyarrow")

PACKINGS = ("", ".gz", ".zst")


def packed(content: bytes, packing: str) -> bytes:
    if packing == ".zst":
        return bytes(pa.compress(content, codec="zstd", asbytes=True))
    return gzip.compress(content) if packing == ".gz" else content


def rows_in(source: Any, **options: Any) -> list[dict[str, Any]]:
    """All rows; numbers that do not rise, or other names and types than the first block's, would fail."""
    found: list[dict[str, Any]] = []
    first = None
    for part in open_blocks(source, **options).read():
        first = first or part
        assert (part.names, part.typed) == (first.names, first.typed)
        assert [column.type for column in part.columns] == [column.type for column in first.columns]
        assert part.first_row >= first.first_row + len(found)
        columns = [column.to_pylist() for column in part.columns]
        found += [dict(zip(part.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return found


def complaint(source: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        list(open_blocks(source, **options).read())
    assert "\n" not in str(caught.value)
    return str(caught.value)
