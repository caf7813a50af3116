"""HTML taken apart, and what holds for every page of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

__all__ = ["Parsed", "check_page", "parse"]


# What pages of ours may link to.
LINKS = ("https://github.com/microsoft/AI-For-Beginners",)


class Parsed(HTMLParser):
    """A page taken apart; parsing fails where an element is not closed in its turn."""

    VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        # Where a long name may break, a reader sees nothing.
        self.feed(html.replace("<wbr>", ""))
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        """What a reader sees, in one line; without styles."""
        return " ".join(" ".join(text for inside, text in self.texts if inside != "style").split())

    def values(self, name: str) -> list[str]:
        """All values of an attribute."""
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="session")
def parse() -> type[Parsed]:
    """Takes HTML apart and checks that it is well formed."""
    return Parsed


@pytest.fixture(scope="session")
def check_page() -> Callable[[str], Parsed]:
    """Checks what holds for every page, and returns it parsed."""
    return _checked


def _checked(html: str) -> Parsed:
    page = Parsed(html)
    html.encode("utf-8")
    # Nothing from elsewhere, no code.
    assert page.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base"})
    for name in ("src", "srcset", "action", "data", "poster", "background"):
        assert page.values(name) == []
    # A link that a reader may follow is no request of the page.
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a" and "href" in attributes]
    assert all((link or "").startswith("#") or link in LINKS for link in links)
    assert all(value.startswith(("#", "data:,")) or value in links for value in page.values("href"))
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    style = "".join(text for inside, text in page.texts if inside == "style") + "".join(page.values("style"))
    assert "@import" not in style
    assert all(target.startswith("#") for target in re.findall(r"url\(['\"]?([^)]*)", style))
    policy = [a["content"] or "" for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    assert len(policy) == 1
    assert policy[0].startswith("default-src 'none'")
    # Every id once, every reference to one that is there.
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    wanted = [value[1:] for value in page.values("href") if value.startswith("#")]
    wanted += re.findall(r"url\(#([^)]*)\)", html)
    wanted += [name for value in page.values("aria-labelledby") for name in value.split()]
    assert set(wanted) <= set(ids)
    # Every picture has a role, a title and a description; tables scroll in their own container.
    pictures = [attributes for tag, attributes in page.elements if tag == "svg" and "aria-hidden" not in attributes]
    assert all(attributes["role"] == "img" for attributes in pictures)
    assert sum(tag == "desc" for tag, _ in page.elements) == len(pictures)
    assert html.count("<table") == html.count('class="scroll"')
    return page


def written(value: float, digits: int = 2) -> str:
    """A number with its sign as pages write it: +0.31, −0.22, 0.00."""
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")
