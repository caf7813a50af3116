"""What a column of JSON holds: the kind of the values in most rows, and the rows that hold another kind.

:mod:`recurra.data.json_lines` keeps objects and values of several kinds as JSON; they can be neither texts nor labels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recurra.data.columns import quoted_names
from recurra.data.delimited import RawTable
from recurra.data.plain_columns import Column, is_json

__all__ = [
    "LISTS",
    "TEXTS",
    "Mixture",
    "dotted_names",
    "held_values",
    "json_kinds",
    "mixture_of",
    "one_kind_hint",
    "values_inside",
]

TEXTS = "texts"
LISTS = "lists of texts"
_OBJECTS = "objects"
_KINDS = {'"': TEXTS, "{": _OBJECTS, "t": "booleans", "f": "booleans"}
_SHOWN = 60


class Mixture(NamedTuple):
    """The kinds of the values in a column.

    Attributes:
        usual: the most frequent kind, in the plural.
        rows: number of values of this kind.
        other: the kind of the others; "" if there are none.
        odd: indices of the others.
    """

    usual: str
    rows: int
    other: str
    odd: Sequence[int]

    def where(self, rows: int) -> str:
        """The rows of the usual kind, for a message; ``rows`` are those of the table."""
        return "most rows" if 2 * self.rows > rows else f"{self.rows:,} {'row' if self.rows == 1 else 'rows'}"

    @property
    def becomes_lists(self) -> bool:
        """Whether the values are lists of texts once each text is written as a list."""
        return {self.usual, self.other} == {LISTS, TEXTS}


def json_kinds(values: Iterable[str | None]) -> list[str | None]:
    """The kind of each value, in the plural; ``None`` for a missing one.

    Args:
        values: JSON.
    """
    return [None if value is None else _kind(value) for value in values]


def _kind(value: str) -> str:
    if value[:1] != "[":
        return _KINDS.get(value[:1], "numbers")
    return LISTS if all(type(one) is str for one in json.loads(value)) else "lists not of texts"


def mixture_of(kinds: Sequence[str | None]) -> Mixture:
    """The kinds of a column, at least one of which is not ``None``."""
    counts = Counter(kind for kind in kinds if kind is not None)
    # Of two equally frequent kinds, texts are the likelier ones.
    (usual, rows), *others = sorted(counts.items(), key=lambda one: (-one[1], one[0] != TEXTS))
    odd = [place for place, kind in enumerate(kinds) if kind not in (None, usual)]
    other = "" if not others else others[0][0] if len(others) == 1 else "other values"
    return Mixture(usual, rows, other, odd)


def held_values(raw: RawTable, column: Column) -> str:
    """What a column holds, for a message; of JSON with the first odd value and its row."""
    if not is_json(column.type):
        return str(column.type)[:80]
    values = column.to_pylist()
    found = mixture_of(json_kinds(values))
    place = found.odd[0] if found.odd else next(place for place, value in enumerate(values) if value is not None)
    example = f"such as {values[place][:_SHOWN]} in row {raw.numbers.number(place):,}{raw.row_hint}"
    if not found.odd:
        return f"{found.usual}, {example}"
    few = f"{found.other} in {len(found.odd):,} of the first {len(values):,}"
    return f"{found.usual} in {found.where(len(values))} and {few}, {example}"


def one_kind_hint(found: Mixture, example: str) -> str:
    """What to do about a column of labels of several kinds.

    Args:
        found: the kinds.
        example: a value that is a text, as JSON, where texts and lists are mixed.
    """
    if found.becomes_lists:
        shown = example if len(example) <= _SHOWN else '"…"'
        if found.usual == TEXTS:
            return (
                f"Write one label there, as a text such as {shown}; or, if rows have several labels, lists everywhere: "
                "recurra check DATA --multi-label --fix OUT.jsonl writes such a copy."
            )
        return (
            f"Write a list in every row, such as [{shown}]: recurra check DATA --multi-label --fix OUT.jsonl writes "
            "such a copy."
        )
    return "Write the same kind of value in every row; for a row without a label write null and say --skip-unlabelled."


def values_inside(name: str, column: Column) -> list[str]:
    """Dotted names of the values inside the first object of a column of JSON."""
    first = next((value for value in column.to_pylist() if value is not None and value[:1] == "{"), "{}")
    return [f"{name}.{key}" for key, value in json.loads(first).items() if type(value) is not dict]


def dotted_names(inside: Sequence[str]) -> str:
    """The hint that values inside objects have names; "" if there are none."""
    return f"A value inside an object has a dotted name: {quoted_names(inside)}." if inside else ""
