from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np

from recurra.report.charts import Line, line_chart
from recurra.report.heat_map import heat_map
from recurra.report.notebook import NotebookOutput, show

SVG = "{http://www.w3.org/2000/svg}"


class Images(HTMLParser):
    """The attributes of each image; no other element may stand there, for notebooks drop some."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "img"
        self.found.append(dict(attrs))


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own


def documents(output: NotebookOutput) -> list[str]:
    """The SVG documents of the images."""
    begin = "data:image/svg+xml;base64,"
    sources = [image["src"] or "" for image in Images(output._repr_html_()).found]
    assert all(source.startswith(begin) for source in sources)
    return [base64.b64decode(source.removeprefix(begin)).decode() for source in sources]


def texts(svg: str) -> list[str]:
    return [element.text for element in parsed(svg).iter(f"{SVG}text") if element.text]


def chart(name: str, *series: str) -> NotebookOutput:
    lines = [Line(one, [0, 1], [2.0, 3.0]) for one in series]
    return show(line_chart(lines, name=name, title=f"{name} & more", x_label="x", y_label="y"))


def test_each_picture_is_an_image_with_its_title_and_legend() -> None:
    lines = [Line("<b>one</b>", [0, 1], [2.0, 3.0]), Line("two", [0, 1], [1.0, 0.5])]
    pictures = [line_chart(lines, name=name, title=f"{name} & more", x_label="x", y_label="y") for name in ("a", "b")]
    first, second = documents(show(*pictures))
    assert texts(first)[0] == "a & more"
    assert texts(second)[0] == "b & more"
    assert {"<b>one</b>", "two", "x", "y"} <= set(texts(first))
    said = [image["alt"] or "" for image in Images(show(*pictures).html).found]
    assert said[0].startswith("a & more. y against x. <b>one</b>: from 2 at 0 to 3 at 1; two: ")


def test_a_long_legend_takes_more_lines() -> None:
    heights = [
        float(parsed(documents(chart("a", *names))[0]).attrib["height"])
        for names in (("one", "two"), ("a name of two dozen letters", "another of as many letters"))
    ]
    assert heights[1] == heights[0] + 20


def test_a_heat_map_keeps_its_size() -> None:
    picture = heat_map(np.eye(3), rows=list("abc"), columns=list("xyz"), largest=1.0, name="h", title="State")
    (svg,) = documents(show(picture))
    inner = parsed(svg).find(f"{SVG}svg")
    assert inner is not None
    size = re.search(r'width="(\d+)" height="(\d+)"', picture.svg)
    assert size is not None
    assert [float(inner.attrib[key]) for key in ("width", "height")] == [float(size[1]), float(size[2])]
    assert texts(svg) == ["State", "a", "b", "c", "x", "y", "z"]


def test_every_colour_that_is_used_is_defined_in_the_image() -> None:
    (svg,) = documents(chart("a", "one", "two"))
    defined = set(re.findall(r"(--[\w-]+):", svg))
    used = set(re.findall(r"var\((--[\w-]+)\)", svg))
    assert {"--ink", "--series-1", "--series-2"} <= used <= defined
