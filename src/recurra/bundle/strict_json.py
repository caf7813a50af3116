"""Strict JSON of model files: no duplicate keys, no NaN, no unbounded nesting."""

from __future__ import annotations

import json
import math
from typing import Any

from recurra.errors import ModelFileError
from recurra.text.labels import MOST_DIGITS

__all__ = ["parse_json"]

_MEND = "Copy or download the file again, or write it again from the trained model."


def parse_json(data: bytes, what: str, *, writer: str = "recurra") -> Any:
    """Parses JSON that may be hostile.

    Args:
        data: JSON in UTF-8; the caller bounds its length.
        what: what to call the part of the file in errors.
        writer: the program that wrote it.

    Raises:
        ModelFileError: the data is no UTF-8 or no JSON, has a key twice, or a number that is not finite or has more
            than 100 digits.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_constant=_refused,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"The {what} is no JSON that {writer} writes ({str(error)[:80]})", _MEND) from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r:.40} occurs twice")
    return values


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise ValueError(f"a whole number has {len(digits.lstrip('-')):,} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits:.40} is too large")
    return number
