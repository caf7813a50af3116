"""A matplotlib figure as inline SVG of a page: the page's font and colours, no external links, reproducible."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from recurra.report.packages import require
from recurra.report.palette import INK, use_page_colours

__all__ = ["Picture", "in_lines", "letters", "picture", "plain"]

WIDTH = 420
"""Width of every picture in its own units, about pixels."""

_STYLE = {
    "svg.fonttype": "none",  # text stays text: selectable, in the page's font
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.size": 13.5,
    "axes.labelsize": 13.5,
    "xtick.labelsize": 13.0,
    "ytick.labelsize": 13.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
}

# Characters that XML cannot represent: control characters and lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
# matplotlib's font has no Chinese or Japanese, and would leave too little room for it. It lays out playing cards
# instead, which are in the font and as wide as those characters are: an em.
_CARDS = [chr(code) for code in range(0x1F0A0, 0x1F0D3) if code not in (0x1F0AF, 0x1F0B0, 0x1F0BF, 0x1F0C0, 0x1F0D0)]


@dataclass(frozen=True)
class Picture:
    """A figure for a page.

    Attributes:
        name: unique on its page; the ids inside begin with it.
        title: a few words on what is shown.
        svg: an ``<svg>`` element with ``<title>`` and ``<desc>``.
        legend: (number of the series from 1, its name); empty if there is one series.
    """

    name: str
    title: str
    svg: str
    legend: tuple[tuple[int, str], ...] = ()

    def __html__(self) -> str:
        """The SVG as trusted markup for jinja2: its text was escaped when it was built."""
        return self.svg


def picture(
    draw: Callable[[Any], None],
    *,
    name: str,
    title: str,
    description: str,
    legend: Sequence[str] = (),
    places: Sequence[int] | None = None,
    height: int = 280,
    panels: Sequence[float] = (1,),
) -> Picture:
    """Draws on fresh axes and returns the result as inline SVG.

    Args:
        draw: called with matplotlib's axes (an array of them if there are several panels).
        name: unique on its page; letters, digits and hyphens.
        title: what is shown.
        description: alternative text, with the numbers that matter.
        legend: names of the series.
        places: where each has its look in the palette (:func:`recurra.report.palette.look`); ``None``: in their order.
        height: in the picture's units; the width is 420.
        panels: relative heights of panels above each other.

    Raises:
        RecurraError: matplotlib is not installed.
    """
    matplotlib = require("matplotlib")
    figures = require("matplotlib.figure")
    buffer = io.StringIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        # The page's font has glyphs that matplotlib's lacks, such as Chinese.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = figures.Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
        draw(figure.subplots(len(panels), sharex=True, height_ratios=list(panels)))
        laid_out = _lay_out_wide(figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue().translate(laid_out)
    numbers = [place + 1 for place in (range(len(legend)) if places is None else places)]
    return Picture(name, title, _inline(svg, name, title, description), tuple(zip(numbers, legend, strict=False)))


def plain(text: str, length: int = 24) -> str:
    """A name for a picture: printable and short."""
    text = _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))
    return text if len(text) <= length else text[: length - 1] + "…"


def in_lines(text: str, length: int = 26) -> str:
    """A name for a row of a picture: printable, in two lines if it is longer than one, and cut after the second.

    Args:
        text: the name.
        length: of a line, in letters (:func:`letters`).
    """
    text = plain(text, 2 * length)
    fits = _fitting(text, length)
    if fits == len(text):
        return text
    # Where there is no space, as in Japanese, a line ends anywhere.
    place = text.rfind(" ", 0, fits + 1)
    first, second = (text[:place], text[place + 1 :]) if place > 0 else (text[:fits], text[fits:])
    return f"{first}\n{plain(second, _fitting(second, length))}"


def _fitting(text: str, length: int) -> int:
    """How many characters from the beginning take no more room than so many letters."""
    return max(end for end in range(len(text) + 1) if letters(text[:end]) <= length)


def letters(text: str) -> float:
    """The width of a text in letters: a Chinese or Japanese character is as wide as five thirds of a Latin one."""
    return sum(5 / 3 if _wide(character) else 1.0 for character in text)


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and character not in _CARDS


def _lay_out_wide(figure: Any) -> dict[int, str]:
    """Puts a card in the place of each wide character. Returns what turns the cards back."""
    cards: dict[int, str] = {}

    def laid_out(text: str) -> str:
        for character in filter(_wide, text):
            # A picture with more of them than there are cards leaves too little room for the rest.
            if ord(character) not in cards and len(cards) < len(_CARDS):
                cards[ord(character)] = _CARDS[len(cards)]
        return text.translate(cards)

    for axes in figure.axes:
        for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts):
            text.set_text(laid_out(text.get_text()))
        for axis in (axes.xaxis, axes.yaxis):
            # The names of rows: matplotlib makes the texts of ticks when it draws.
            names = getattr(axis.get_major_formatter(), "seq", None)
            if names is not None:
                axis.get_major_formatter().seq = [laid_out(name) for name in names]
    return {ord(card): chr(character) for character, card in cards.items()}


def _inline(svg: str, name: str, title: str, description: str) -> str:
    """Turns a stand-alone SVG document into an element of a page."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - matplotlib has just written it
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        for key, value in element.attrib.items():
            element.set(key, _NUMBER.sub(lambda match: f"{float(match[0]):.2f}", " ".join(value.split())))
        if "style" in element.attrib:
            element.set("style", re.sub(r"font-family:[^;]*;? ?", "", element.attrib["style"]))
        element.text, element.tail = (element.text or "").strip() or None, None
    _drop(root, {"metadata", "style"})
    _rename_ids(root, name)
    size = root.attrib["viewBox"]
    root.attrib = {"viewBox": size, "role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
        element.text = _UNPRINTABLE.sub("\ufffd", text)
        root.insert(place, element)
    return use_page_colours(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _drop(element: ElementTree.Element, tags: set[str]) -> None:
    for child in list(element):
        if child.tag in tags:
            element.remove(child)
        else:
            _drop(child, tags)


def _rename_ids(root: ElementTree.Element, name: str) -> None:
    """Keeps only ids that are referred to, and numbers them: unique on the page, the same in every run."""
    ids = [element.attrib.pop("id", "") for element in root.iter()]
    reference = re.compile(r"#([A-Za-z0-9_.-]+)")
    used = {match for element in root.iter() for value in element.attrib.values() for match in reference.findall(value)}
    # A reference that is not an id stays: colours look like references too.
    new = {old: f"{name}-{number}" for number, old in enumerate(old for old in ids if old and old in used)}
    for element, old in zip(root.iter(), ids, strict=True):
        for key, value in element.attrib.items():
            element.set(key, reference.sub(lambda match: "#" + new.get(match[1], match[1]), value))
        if old in new:
            element.set("id", new[old])
