"""Pictures: inline SVG that fits its page, says its numbers, and is the same every time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from recurra.report.charts import Line, bar_chart, interval_chart, line_chart, reliability_chart
from recurra.report.palette import INK, SERIES
from recurra.report.picture import Picture, in_lines

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=y>',
    "$\\frac{1}{$",
    "a\x00b\ud800",
    "漢字の名前",
    "_hidden",
    "",
]


def lines(name: str = "lines", label: str = "train") -> Picture:
    return line_chart(
        [Line(label, [0.5, 1.0], [1.25, 0.75], [(1.0, 1.5), (0.5, 1.0)]), Line("validation", [1.0], [0.875])],
        name=name,
        title="Loss",
        x_label="epochs",
        y_label="loss, nats",
    )


def intervals(name: str = "intervals", label: str = "lstm") -> Picture:
    points = [(87.1, 86.3, 87.8), None]
    return interval_chart(
        [label, "gru"], [("here", points), ("Keras", points[::-1])], name=name, title="T", x_label="%"
    )


def bars(name: str = "bars", label: str = "random") -> Picture:
    return bar_chart([(label, 41.2, "41.2 %"), ("none", 0, "0 %")], name=name, title="T", x_label="pads", whole=100)


def reliable(name: str = "reliable", label: str = "") -> Picture:
    bins = [(0, float("nan"), float("nan"))] * 13 + [(10, 0.9, 0.8), (90, 0.99, 1.0)]
    return reliability_chart(bins, name=name, title=f"Reliability {label}")


KINDS = [lines, intervals, bars, reliable]


@pytest.mark.parametrize("draw", KINDS)
def test_a_picture_is_a_part_of_its_page(draw: Callable[..., Picture], parse: Callable[[str], Any]):
    svg = draw("one").svg
    parsed = parse(svg)
    root = parsed.elements[0]
    assert root[0] == "svg"
    assert root[1]["role"] == "img"
    assert root[1]["viewbox"].startswith("0 0 420 ")
    assert "width" not in root[1]
    assert all(value.startswith("one-") for value in parsed.values("id"))
    assert parsed.tags.isdisjoint({"metadata", "style", "script"})
    # The page's font and colours: no font of its own, no colour that dark pages would hide.
    assert "font-family" not in svg
    assert "currentColor" in svg
    assert "var(--series-1)" in svg
    assert not [stand_in for stand_in in (INK, *SERIES) if stand_in in svg]
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", svg)) == set()
    assert "http" not in svg


@pytest.mark.parametrize("draw", KINDS)
def test_the_same_numbers_give_the_same_picture_and_ids_never_clash(
    draw: Callable[..., Picture], parse: Callable[[str], Any]
):
    assert draw("one").svg == draw("one").svg
    first, second = parse(draw("one").svg), parse(draw("two").svg)
    assert set(first.values("id")).isdisjoint(second.values("id"))
    references = re.findall(r"url\(#([^)]*)\)", draw("one").svg) + [v[1:] for v in first.values("href")]
    assert set(references) <= set(first.values("id"))


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("draw", KINDS)
def test_any_name_is_only_text(draw: Callable[..., Picture], label: str, parse: Callable[[str], Any]):
    picture = draw("one", label)
    parsed = parse(picture.svg)
    assert parsed.tags.isdisjoint({"script", "img"})
    assert picture.svg.encode("utf-8")


def test_a_dollar_sign_and_a_long_name_are_shown_as_they_are(parse: Callable[[str], Any]):
    text = parse(bars("one", "$x_1$ & <b>").svg).text
    assert "$x_1$ & <b>" in text
    shown = [text for inside, text in parse(bars("one", "x" * 90).svg).texts if inside == "text"]
    assert "x" * 26 in shown
    assert "x" * 25 + "…" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("batches of similar length", "batches of similar length"),
        ("the full text of all training rows", "the full text of all\ntraining rows"),
        ("the first 2,000 documents' first ten words", "the first 2,000 documents'\nfirst ten words"),
        # A Japanese character takes the room of five thirds of a letter.
        ("語" * 20, "語" * 15 + "\n" + "語" * 5),
        ("語" * 40, "語" * 15 + "\n" + "語" * 14 + "…"),
        ("word " * 20, "word word word word word\nword word word word word …"),
    ],
)
def test_a_long_name_of_a_row_takes_two_lines(name: str, shown: str):
    assert in_lines(name) == shown


def test_descriptions_say_the_numbers(parse: Callable[[str], Any]):
    assert "train: from 1.25 at 0.5 to 0.75 at 1; validation: from 0.875 at 1" in parse(lines().svg).text
    assert "lstm, here: 87.1 (86.3 to 87.8); gru, Keras: 87.1" in parse(intervals().svg).text
    assert "random: 41.2 %; none: 0 %" in parse(bars().svg).text
    assert "90.0 promised, 80.0 kept, 10 rows" in parse(reliable().svg).text


def test_only_several_series_need_a_legend():
    assert lines().legend == ((1, "train"), (2, "validation"))
    assert bars().legend == ()
    one = interval_chart(["a"], [("here", [(1.0, 0.0, 2.0)])], name="n", title="T", x_label="%")
    assert one.legend == ()


def test_points_lie_where_their_numbers_say(parse: Callable[[str], Any]):
    """The height of a line's ends in the picture is in proportion to the numbers."""
    chart = line_chart(
        [Line("a", [0, 1, 2], [0.0, 30.0, 100.0])],
        name="n",
        title="T",
        x_label="x",
        y_label="y",
        y_limits=(0, 100),
    )
    paths = [a["d"] for tag, a in parse(chart.svg).elements if tag == "path" and "series-1" in (a.get("style") or "")]
    path = next(path for path in paths if path and path.count("L") == 2 and "z" not in path)
    xs, ys = zip(*[tuple(map(float, pair.split())) for pair in re.split("[ML]", path) if pair.strip()], strict=True)
    assert (xs[1] - xs[0]) == pytest.approx(xs[2] - xs[1], abs=0.05)
    assert (ys[0] - ys[1]) / (ys[0] - ys[2]) == pytest.approx(0.3, abs=0.001)


def test_pads_are_marked_where_they_were_measured(parse: Callable[[str], Any]):
    ticks = [0, 10, 500]
    chart = line_chart([Line("a", ticks, [1, 2, 3])], name="n", title="T", x_label="x", y_label="y", x_ticks=ticks)
    shown = [text for inside, text in parse(chart.svg).texts if inside == "text"]
    assert [text for text in shown if text in {"0", "10", "500"}][:3] == ["0", "10", "500"]
    only_none = line_chart([Line("a", [0], [1])], name="n", title="T", x_label="x", y_label="y", x_ticks=[0])
    assert "from 1 at 0 to 1 at 0" in only_none.svg


@pytest.mark.parametrize(("x", "between"), [(range(5), False), ([0.0, 1.0, 2.0, 3.0, 4.0], True)])
def test_nothing_is_marked_between_two_words(parse: Callable[[str], Any], x: Sequence[float], between: bool):
    chart = line_chart(
        [Line("a", x, [1, 2, 3, 4, 5])], name="n", title="T", x_label="x", y_label="y", y_limits=(0, 100)
    )
    shown = {text for inside, text in parse(chart.svg).texts if inside == "text"}
    assert ("1.5" in shown) is between
    assert shown & {"2", "2.0"}


def test_marks_are_drawn_and_said(parse: Callable[[str], Any]):
    plain, marked = (
        line_chart([Line("a", [0, 1, 2], [1, 2, 3])], name="n", title="T", x_label="x", y_label="y", marks=marks)
        for marks in ((), [("lowest <b>", 1.5)])
    )
    assert ("lowest <b>" in [text for _, text in parse(marked.svg).texts], "lowest" in plain.svg) == (True, False)
    assert "lowest <b>: 1.5." in parse(marked.svg).text
    strokes = [[a["d"] for tag, a in parse(chart.svg).elements if tag == "path"] for chart in (plain, marked)]
    assert len(strokes[1]) > len(strokes[0])
