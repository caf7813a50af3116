"""Texts that lie in lists, or in two columns of which each row fills one: a guess must not pass over them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from recurra.data.arrow_columns import is_list, is_nested, is_text
from recurra.data.blocks import GUESS_ROWS
from recurra.data.column_statistics import ColumnStatistics
from recurra.data.columns import Columns
from recurra.data.delimited import RawTable
from recurra.data.formats import short_name
from recurra.data.plain_columns import Column, is_json
from recurra.data.usual_names import is_id_or_date_name
from recurra.errors import DataError

__all__ = ["check_lists_of_texts", "check_two_columns_of_texts"]

# Rows without a text, and their share, from which on the texts may lie in two columns.
FEWEST, LEAST = 5, 0.05
# The share of the rows without a text that the other column fills at least, and of those with one at most.
FILLED, BESIDE = 0.8, 0.2
# Times the length of the guessed texts that those in the other column have at least.
AS_LONG = 0.5


def check_lists_of_texts(head: RawTable, columns: Columns, source: str) -> None:
    """Raises a :class:`DataError` where a guess is left with an id or shorter texts than a column of lists holds.

    Chats are written so: a list of turns, or of objects with a role and what was said.

    Args:
        head: the first rows.
        columns: as guessed.
        source: name of the table.
    """
    parts = dict(zip(head.names, head.columns, strict=True))
    length = _mean([len(value or "") for value in parts[columns.text].slice(0, GUESS_ROWS).to_pylist()])
    for name, column in parts.items():
        for keys, values in () if name == columns.label else _lists(column.slice(0, GUESS_ROWS)).items():
            if not (is_id_or_date_name(columns.text) or _mean(list(map(_characters, values))) > length):
                continue
            row = "row" + "".join(f"[{key!r:.40}]" for key in keys)
            objects = any(isinstance(one, dict) for value in values for one in value)
            each = f"' '.join(str(one.get('content', '')) for one in {row})" if objects else f"' '.join({row})"
            raise DataError(
                f"{source} has its texts in lists, in the column {'.'.join([short_name(name), *keys])!r:.80}, and no "
                f"column of texts but {short_name(columns.text)!r}",
                f"Join each list to one text first, such as frame['text'] = [{each} for row in "
                f"frame[{short_name(name)!r}]] with pandas; or name the text column with --text.",
            )


def check_two_columns_of_texts(
    head: RawTable, facts: Sequence[ColumnStatistics], columns: Columns, source: str
) -> None:
    """Raises a :class:`DataError` where rows without a text have it in another column, as of another language or month.

    Args:
        head: the first rows.
        facts: statistics of its columns.
        columns: as guessed.
        source: name of the table.
    """
    parts = dict(zip(head.names, head.columns, strict=True))
    texts = _stripped(parts[columns.text])
    filled = np.array(list(map(bool, texts)), dtype=bool)
    if (missing := int((~filled).sum())) < max(FEWEST, LEAST * len(texts)) or not filled.any():
        return
    length = _mean([len(text) for text in texts if text])
    for fact in facts:
        taken = fact.name in (columns.text, columns.title, columns.label)
        if taken or fact.mean_length is None or fact.numbers or fact.few or is_id_or_date_name(fact.name):
            continue
        values = _stripped(parts[fact.name])
        there = np.array(list(map(bool, values)), dtype=bool)
        if there[~filled].mean() < FILLED or there[filled].mean() > BESIDE:
            continue
        if _mean([len(value) for value in values if value]) < AS_LONG * length:
            continue
        one, other = short_name(columns.text), short_name(fact.name)
        raise DataError(
            f"{source} has texts in two columns: of {len(texts):,} rows {missing:,} have none in {one!r}, and "
            f"{int(there[~filled].sum()):,} of these have one in {other!r}",
            f"Join them to one column first, such as frame['text'] = frame[{one!r}].fillna(frame[{other!r}]) with "
            "pandas; or name one with --text, and the other rows have no text.",
        )


def _lists(column: Column) -> dict[tuple[str, ...], list[list[Any]]]:
    """The lists in a column that holds no single texts, and those in its objects by their keys."""
    found: dict[tuple[str, ...], list[list[Any]]] = {}
    if is_json(column.type):
        values = [json.loads(value) for value in column.to_pylist() if value]
    elif is_list(column.type) or is_nested(column.type):
        values = column.to_pylist()
    else:
        values = []
    for value in values:
        for keys, one in _lists_in(value):
            found.setdefault(keys, []).append(one)
    return found


def _lists_in(value: object, *keys: str) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    if isinstance(value, list | tuple):
        yield keys, list(value)
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield from _lists_in(inside, *keys, str(key))


def _characters(value: object) -> int:
    """The characters of all texts in a value."""
    if isinstance(value, str):
        return len(value)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return sum(map(_characters, inside))


def _stripped(column: Column) -> list[str]:
    values = column.slice(0, GUESS_ROWS).to_pylist()
    return [value.strip() if isinstance(value, str) else "" for value in values] if is_text(column.type) else [""]


def _mean(lengths: Sequence[int]) -> float:
    return float(np.mean(lengths)) if lengths else 0.0
