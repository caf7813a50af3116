"""Cells that are lists written as text, as pandas' ``to_csv`` leaves a column of lists: ``"['a', 'b']"``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from recurra.errors import DataError

__all__ = ["WrittenLists", "refuse_written_lists", "written_lists"]

# One list may be the name of a class.
MIN_CELLS = 2
# An example has no more labels than these, if there is one.
SHOWN = 2
# Longer ones are not parsed to learn which kind they are.
LONGEST = 10_000
# Its first and its last value are quoted, or it has numbers alone.
_LIST = re.compile(r"""\[\s*(?:['"].*['"]|-?\d+(?:\s*,\s*-?\d+)*)?\s*\]""", re.DOTALL)
# NumPy writes no commas.
_ARRAY = re.compile(r"""['"]\s+['"]""")


class WrittenLists(NamedTuple):
    """What was found in a column.

    Attributes:
        value: a cell as it was read.
        call: what makes lists of a pandas column ``y``.
        function: what makes a list of one cell.
    """

    value: str
    call: str
    function: str

    @property
    def hint(self) -> str:
        """What to do with a file."""
        return (
            f"Write lists, which .jsonl has: pandas.read_csv(FILE, converters={{COLUMN: {self.function}}})"
            '.to_json("FILE.jsonl", orient="records", lines=True); or say --single-label, if each cell is one label.'
        )


def written_lists(values: Iterable[Any]) -> WrittenLists | None:
    """Whether most texts of a column are lists, written as Python, JSON or NumPy do; ``None`` if they are not.

    Args:
        values: the distinct cells.
    """
    texts = [value for value in values if isinstance(value, str)]
    found = [text for text in texts if text.lstrip().startswith("[") and _LIST.fullmatch(text.strip())]
    if len(found) < MIN_CELLS or 2 * len(found) <= len(texts):
        return None
    example = max(found[:1000], key=lambda text: min(text.count(","), SHOWN))
    if any(_ARRAY.search(text) for text in found):
        pattern = """r"'([^']*)'\""""
        return WrittenLists(example, f"y.str.findall({pattern})", f"lambda cell: re.findall({pattern}, cell)")
    function = "json.loads" if all(map(_is_json, found)) else "ast.literal_eval"
    return WrittenLists(example, f"y.map({function})", function)


def refuse_written_lists(values: Iterable[Any], source: str, row_of: Callable[[Any], int | None]) -> None:
    """Raises a :class:`DataError` if most texts of a column are lists written as text.

    Args:
        values: the distinct cells.
        source: the table's name.
        row_of: the number of the first row with a value; ``None`` if it is not known.
    """
    if (found := written_lists(values)) is not None:
        number = row_of(found.value)
        where = "" if number is None else f" in row {number:,}"
        raise DataError(f"{source} holds lists written as text, such as {found.value!r:.60}{where}", found.hint)


def _is_json(text: str) -> bool:
    try:
        return len(text) <= LONGEST and isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False
