"""Formats numbers for people, and puts comparisons of two measured numbers into words.

A difference is only called one if the 95 % intervals do not overlap: a strict rule, under which "no clear difference"
is said too often rather than too seldom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from recurra.report.translation import fill, translate, translate_plural

__all__ = [
    "Verdict",
    "amount",
    "compare",
    "count",
    "group_verdicts",
    "listing",
    "percent",
    "place",
    "plural",
    "points",
    "short_name",
    "signed",
    "with_interval",
]

Verdict: TypeAlias = Literal["higher", "lower", "unclear"]

Place: TypeAlias = Literal["below", "inside", "above"]

SPACE = "\N{NO-BREAK SPACE}"


def short_name(preset: str) -> str:
    """``lesson/lstm`` → ``lstm``."""
    return preset.removeprefix("lesson/")


def percent(share: float, digits: int = 2) -> str:
    """``0.885`` → ``88.50 %``, with a no-break space."""
    return f"{100 * share:.{digits}f}{SPACE}%"


def points(difference: float, *, signed: bool = False) -> str:
    """A difference of shares in percentage points: ``-0.031`` → ``3.10 points``, signed ``−3.10 points``."""
    size = f"{100 * abs(difference):.2f}"
    sign = "" if not signed or size == "0.00" else "\N{MINUS SIGN}" if difference < 0 else "+"
    return translate("{size}\xa0points", size=sign + size)


def signed(value: float, digits: int = 2) -> str:
    """With its sign, and a true minus: ``+0.31``, ``−0.22``; nought, also by rounding, has none."""
    text = f"{value:+.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text[1:]


def count(number: float) -> str:
    """``58337`` → ``58,337``."""
    return f"{number:,.0f}"


def plural(number: int, noun: str) -> str:
    """``1 row``, ``7,600 rows``; the key of the catalogues is ``{count} row`` with a no-break space."""
    one = f"{{count}}{SPACE}{noun}"
    return translate_plural(one, f"{one}s", number, count=count(number))


def amount(number: float, unit: str) -> str:
    """With at least three digits: ``0.123 s``, ``12.3 s``, ``1,234 s``."""
    digits = 3 if number < 1 else 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:,.{digits}f}{SPACE}{translate(unit)}"


def with_interval(accuracy: float, interval: Sequence[float]) -> str:
    """``88.50 % (87.76–89.20)``."""
    low, high = (f"{100 * bound:.2f}" for bound in interval)
    return translate("{accuracy} ({low}–{high})", accuracy=percent(accuracy), low=low, high=high)


def listing(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return translate("{first} and {last}", first=translate(", ").join(names[:-1]), last=names[-1])


def compare(first: Sequence[float], second: Sequence[float]) -> Verdict:
    """Whether the first 95 % interval is above the second (``higher``), below it, or overlaps it (``unclear``)."""
    if first[0] > second[1]:
        return "higher"
    return "lower" if first[1] < second[0] else "unclear"


def place(value: float, interval: Sequence[float]) -> Place:
    """Where a number lies relative to an interval: ``below``, ``inside`` or ``above``."""
    return "below" if value < interval[0] else "above" if value > interval[1] else "inside"


def group_verdicts(verdicts: Iterable[tuple[str, str]], phrases: Mapping[str, str], *, everyone: str = "") -> str:
    """Joins the names with the same verdict: ``higher than a and b; no clear difference from c``.

    Args:
        verdicts: (name, verdict).
        phrases: for each verdict, in the order of the text, a phrase with ``{}`` for the names.
        everyone: replaces three or more names if all have the same verdict; empty lists them.
    """
    by_verdict: dict[str, list[str]] = {}
    for name, verdict in verdicts:
        by_verdict.setdefault(verdict, []).append(name)
    alike = everyone and len(by_verdict) == 1
    said = {key: everyone if alike and len(names) > 2 else listing(names) for key, names in by_verdict.items()}
    return translate("; ").join(fill(phrase, said[key]) for key, phrase in phrases.items() if key in said)
