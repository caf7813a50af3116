"""Search by state, against a plain loop over the states of each document."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from state_loops import states

from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.errors import SettingsError
from recurra.inspection import search_states
from recurra.inspection.state_search import read_states
from recurra.runtime import Model

WORDS = ["oil", "prices", "rise", "the", "team", "wins", "match", "again", "unheard"]


def rows(count: int = 30) -> Table:
    draw = np.random.default_rng(3)
    texts = [" ".join(draw.choice(WORDS, draw.integers(1, 14))) for _ in range(count)] + [""]
    labels = [("a", "b", "c")[place % 3] for place in range(len(texts))]
    return Table(list(texts), list(labels), "text", None, "label", "rows", row_numbers=RowNumbers(2))


def read(model: Model, table: Table, place: tuple[int, str]) -> list[list[tuple[Any, Any]]]:
    """(h, c) after each word of each row."""
    found = []
    for text in table.documents:
        ids = model.bundle.pipeline.encode([text])[0].tolist()
        pads = max(0, (model.bundle.pad_to or 0) - len(ids))
        found.append(states(ids + [0] * pads, model.bundle)[place][: len(ids)] if ids else [])
    return found


def loop(
    rows: list[list[tuple[Any, Any]]], chosen: list[int], below: list[int], *, backward: bool, state: str,
    threshold: float, words: int, off_before: bool,
) -> dict[int, list[tuple[int, int, float]]]:  # fmt: skip
    """Spans with their strengths by row, word by word."""
    found: dict[int, list[tuple[int, int, float]]] = {}
    for row, own in enumerate(rows):
        count = len(own)
        values = [[pair[state == "c"][unit] * (-1 if unit in below else 1) for unit in chosen] for pair in own]
        first = 0
        while first < count:
            end = first
            while end < count and all(value > threshold for value in values[end]):
                end += 1
            before = end if backward else first - 1
            off = not 0 <= before < count or not any(value > threshold for value in values[before])
            if end - first >= words and (off or not off_before):
                found.setdefault(row, []).append((first, end, float(np.mean(values[first:end]))))
            first = max(end, first + 1)
    return found


@pytest.mark.parametrize(
    ("network", "place", "state", "off_before"),
    [
        ({"cell": "lstm"}, (0, "forward"), "h", False),
        ({"cell": "lstm", "bidirectional": True, "layers": 2}, (1, "backward"), "c", True),
        ({"cell": "gru", "masked": False}, (0, "forward"), "h", True),
    ],
)
@pytest.mark.parametrize("order", ["length", "strength"])
def test_spans_are_those_of_a_loop(
    network: dict[str, Any], place: tuple[int, str], state: str, off_before: bool, order: str
) -> None:
    model, table = Model(make_bundle(**network)), rows()
    asked: dict[str, Any] = {"state": state, "threshold": 0.02, "words": 2, "off_before": off_before}
    own, expected = read(model, table, place), dict[int, list[tuple[int, int, float]]]()
    # Units whose spans are neither nowhere nor everywhere.
    for pair in ([0, 1], [1, 2], [2, 3], [0, 3]):
        for below in ([], pair[1:], pair):
            expected = loop(own, pair, below, backward=place[1] == "backward", **asked)
            if 3 < len(expected) < 28:
                break
        else:
            continue
        break
    assert 3 < len(expected) < 28
    layer, direction = place
    found = search_states(
        model, table, units=pair, below=below, layer=layer, direction=direction, order=order, count=1000, **asked
    )
    assert {one.row: sorted(one.spans) for one in found.matches} == {
        row: [(first, end) for first, end, _ in spans] for row, spans in expected.items()
    }
    key = (lambda one: (one.length, one.strength)) if order == "length" else (lambda one: (one.strength, one.length))
    assert all(key(a) >= key(b) or a.strength == pytest.approx(b.strength) for a, b in pairwise(found.matches))
    for one in found.matches:
        first, end = one.spans[0]
        strength = next(value for begin, _, value in expected[one.row] if begin == first)
        assert one.strength == pytest.approx(strength, abs=2e-5)
        assert one.length == end - first
        assert one.tokens == str(table.documents[one.row]).split()
        assert (one.number, one.label) == (one.row + 2, "abc"[one.row % 3])
    assert (found.searched, found.found) == (len(table), len(expected))
    counts = {label: (sum("abc"[row % 3] == label for row in expected), 10 + (label == "a")) for label in "abc"}
    assert {label: (some, among) for label, some, among in found.labels} == counts


def test_only_so_many_states_are_kept_and_long_texts_are_shown_around_the_span() -> None:
    model, table = Model(make_bundle()), rows()
    some = read_states(model, table, numbers=200)
    assert some.states.size <= 200 < some.states.size + 14 * 4
    assert some.notes == [f"{len(some.rows)} of 31 rows are searched."]
    assert set(np.asarray(some.rows) % 3) == {0, 1, 2}
    long = Table(["oil " * 300 + "team " + "oil " * 300], ["a"], "text", None, "label", "rows")
    states_of = read_states(model, long)
    match = states_of.search([0], below=[0] if states_of.states[299, 0] < 0 else [], threshold=0.0).matches[0]
    assert len(match.tokens) == 80
    assert match.first <= match.spans[0][0] < match.first + 80


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"units": []}, "units is empty"),
        ({"units": [4]}, "There is no unit 4"),
        ({"units": [0], "below": [1]}, "below has unit 1"),
        ({"units": [0], "layer": 1}, "There is no layer 1"),
        ({"units": [0], "direction": "backward"}, "There is no direction 'backward'"),
        ({"units": [0], "state": "c"}, "There is no state 'c'"),
        ({"units": [0], "threshold": float("nan")}, "threshold is nan"),
        ({"units": [0], "words": 0}, "words is 0"),
        ({"units": [0], "order": "row"}, "order is 'row'"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        search_states(Model(make_bundle(cell="gru")), rows(3), **asked)
