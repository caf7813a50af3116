from __future__ import annotations

import re
from html.parser import HTMLParser

from recurra.report.charts import Line, line_chart
from recurra.report.notebook import show


class Texts(HTMLParser):
    """What stands in each element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.found: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((self.tags[-1], data.strip()))


def test_pictures_stand_side_by_side_with_their_legends() -> None:
    lines = [Line("<b>one</b>", [0, 1], [2.0, 3.0]), Line("two", [0, 1], [1.0, 0.5])]
    pictures = [line_chart(lines, name=name, title=f"{name} & more", x_label="x", y_label="y") for name in ("a", "b")]
    html = show(*pictures)._repr_html_()
    page = Texts(html)
    assert page.tags.count("figure") == 2
    assert [text for tag, text in page.found if tag == "figcaption"] == ["a & more", "b & more"]
    assert "b" not in page.tags
    assert html.count("&lt;b&gt;one&lt;/b&gt;") >= 2


def test_every_colour_that_is_used_is_defined_there_and_nowhere_else_on_the_notebook_s_page() -> None:
    picture = line_chart([Line("one", [0, 1], [2.0, 3.0])], name="a", title="t", x_label="x", y_label="y")
    html = show(picture).html
    style = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    defined = set(re.findall(r"(--[\w-]+):", style.group(1)))
    assert set(re.findall(r"var\((--[\w-]+)\)", html)) <= defined
    selectors = re.findall(r"^\s*([^@{}\s][^{}]*?)\s*\{", style.group(1), re.MULTILINE)
    assert selectors
    assert all(one.startswith(".recurra-pictures") for one in selectors)
