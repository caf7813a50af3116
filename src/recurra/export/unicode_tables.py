r"""What this Python knows of Unicode, as tables: another program cuts texts into the same words with them.

Engines of JavaScript have Unicode versions of their own, and other notions of ``\w``, ``\s`` and lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from recurra.text import TextSettings
from recurra.text.tokens import lowercase_points, mark_characters
from recurra.tokenizers import LOWERCASE_CHARACTERS

__all__ = ["UnicodeTables", "unicode_tables"]

CODE_POINTS = 0x110000

UnicodeTables: TypeAlias = dict[str, Any]


def unicode_tables(settings: TextSettings) -> UnicodeTables:
    r"""The tables that a text pipeline needs, as JSON values; no table that it does not need.

    Sets of code points are lists of numbers: how many code points are left out, how many are members, how many are left
    out, and so on.

    - ``space``: what ``str.split`` and ``\s`` take as white space.
    - ``word``: ``\w``, letters, digits and underscores.
    - ``mark``: combining marks and joiners.
    - ``lower``: an object from characters to their lower case, where that is another one.
    - ``cased``, ``ignorable``: a capital sigma becomes the final ``ς`` when a cased character stands before it and none
      after it, with any number of ignorable ones between.

    Args:
        settings: of the pipeline.
    """
    tables: UnicodeTables = {}
    words = settings.tokens == "words"
    if words or (settings.field == "title" and settings.first_words is not None):
        tables["space"] = _matches(r"\s+")
    if words:
        tables |= {"word": _matches(r"\w+"), "mark": _lengths(map(ord, mark_characters())), **_lower_case()}
    if settings.tokeniser == LOWERCASE_CHARACTERS:
        tables["lower"] = {chr(point): chr(lower) for point, lower in lowercase_points().items()}
    return tables


def _matches(pattern: str) -> list[int]:
    every = "".join(map(chr, range(CODE_POINTS)))
    return _lengths(place for match in re.finditer(pattern, every) for place in range(*match.span()))


@cache
def _lower_case() -> UnicodeTables:
    """Found by trying, for no function of Python's tells which characters are cased or ignorable beside a sigma."""
    every = list(map(chr, range(CODE_POINTS)))
    cased = {c for c in every if f"{c}Σ".lower().endswith("ς")}
    ignorable = (ord(c) for c in every if c not in cased and f"a{c}Σ".lower().endswith("ς"))
    return {
        "lower": {c: c.lower() for c in every if c.lower() != c},
        "cased": _lengths(sorted(map(ord, cased))),
        "ignorable": _lengths(ignorable),
    }


def _lengths(members: Iterable[int]) -> list[int]:
    """Rising numbers as the lengths of what is left out and of what is there, in turn, from 0 on."""
    lengths: list[int] = []
    end = 0
    for member in members:
        if member == end and lengths:
            lengths[-1] += 1
        else:
            lengths += [member - end, 1]
        end = member + 1
    return lengths
