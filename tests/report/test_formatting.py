"""How numbers are written, and which words two intervals allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurra.report.formatting import (
    amount,
    compare,
    count,
    group_verdicts,
    listing,
    percent,
    place,
    plural,
    points,
    with_interval,
)

interval = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


def test_numbers_as_people_read_them():
    assert percent(0.885) == "88.50\N{NO-BREAK SPACE}%"
    assert percent(0.26891, 1) == "26.9\N{NO-BREAK SPACE}%"
    assert points(-0.031) == "3.10\N{NO-BREAK SPACE}points"
    assert points(-0.031, signed=True) == "\N{MINUS SIGN}3.10\N{NO-BREAK SPACE}points"
    assert points(0.031, signed=True) == "+3.10\N{NO-BREAK SPACE}points"
    assert points(-0.00001, signed=True) == "0.00\N{NO-BREAK SPACE}points"
    assert count(58337) == "58,337"
    assert (plural(1, "row"), plural(0, "row"), plural(7600, "row")) == ("1\xa0row", "0\xa0rows", "7,600\xa0rows")
    assert [amount(x, "s") for x in (0.1234, 1.234, 12.34, 1234.5)] == [
        "0.123\xa0s",
        "1.23\xa0s",
        "12.3\xa0s",
        "1,234\xa0s",
    ]
    assert with_interval(0.885, [0.8776, 0.892]) == "88.50\xa0% (87.76–89.20)"


def test_listing():
    assert [listing(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


@given(interval, interval)
def test_a_difference_is_claimed_only_without_overlap(first: list[float], second: list[float]):
    verdict = compare(first, second)
    overlap = max(first[0], second[0]) <= min(first[1], second[1])
    assert (verdict == "unclear") == overlap
    if verdict == "higher":
        assert first[0] > second[1]
    assert compare(second, first) == {"higher": "lower", "lower": "higher", "unclear": "unclear"}[verdict]


@pytest.mark.parametrize(("value", "expected"), [(0.1, "below"), (0.2, "inside"), (0.3, "inside"), (0.31, "above")])
def test_place(value: float, expected: str):
    assert place(value, [0.2, 0.3]) == expected


def test_names_are_grouped_by_verdict():
    phrases = {"up": "higher for {}", "down": "lower for {}"}
    verdicts = [("a", "down"), ("b", "up"), ("c", "down")]
    assert group_verdicts(verdicts, phrases) == "higher for b; lower for a and c"
    alike = [(name, "up") for name in "abc"]
    assert group_verdicts(alike, phrases) == "higher for a, b and c"
    assert group_verdicts(alike, phrases, everyone="every network") == "higher for every network"
    assert group_verdicts(alike[:2], phrases, everyone="every network") == "higher for a and b"
    most = [*alike, ("d", "down")]
    assert group_verdicts(most, phrases, everyone="every network") == "higher for a, b and c; lower for d"
