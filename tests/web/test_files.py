from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

from recurra.web import FILES

PAGE = Path(__file__).parents[2] / "src" / "recurra" / "web" / "static"
MODULES = sorted(PAGE.rglob("*.js"))
# Ways from text to markup, or to code.
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc"
    r"|\beval\b|new Function"
)


class Elements(HTMLParser):
    """Start tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_every_file_of_the_page_has_one_address() -> None:
    ours = {address: file.path for address, file in FILES.items()}
    assert set(ours.values()) == {path for path in PAGE.rglob("*") if path.is_file()}
    assert ours["/"] == PAGE / "index.html"
    assert all(address == "/" or address.startswith("/static/") for address in ours)
    assert all(".." not in address and "\\" not in address for address in FILES)


@pytest.mark.parametrize(
    ("ending", "media_type"), [("js", "text/javascript"), ("css", "text/css"), ("json", "application/json")]
)
def test_browsers_are_told_what_a_file_is(ending: str, media_type: str) -> None:
    types = {file.media_type.split(";")[0] for address, file in FILES.items() if address.endswith(f".{ending}")}
    assert types == {media_type}


def test_scripts_and_styles_are_small() -> None:
    sizes = {address: file.path.stat().st_size for address, file in FILES.items() if address.endswith((".js", ".css"))}
    # The charts, in place of a library; and all of it, of which a visit takes what its view needs.
    assert sum(size for address, size in sizes.items() if "/charts/" in address) < 60_000
    assert sum(sizes.values()) < 350_000


def test_what_the_page_loads_is_there_and_ours() -> None:
    elements = Elements((PAGE / "index.html").read_text("utf-8")).found
    loaded = [
        value
        for tag, attributes in elements
        for name, value in attributes.items()
        if name == "src" or (tag == "link" and name == "href")
    ]
    assert loaded
    assert set(loaded) <= set(FILES)


def test_the_modules_of_the_first_view_are_asked_for_at_once() -> None:
    def imported(path: Path, found: set[Path]) -> set[Path]:
        if path not in found:
            found.add(path)
            for name in re.findall(r'^\s*import\b[^;]*?from "([^"]+)"', path.read_text("utf-8"), flags=re.MULTILINE):
                imported((path.parent / name).resolve(), found)
        return found

    wanted = imported(PAGE / "js" / "app.js", set()) | imported(PAGE / "js" / "views" / "reading.js", set())
    links = Elements((PAGE / "index.html").read_text("utf-8")).found
    preloaded = {attributes["href"] for tag, attributes in links if attributes.get("rel") == "modulepreload"}
    assert preloaded == {f"/static/{path.relative_to(PAGE).as_posix()}" for path in wanted} - {"/static/js/app.js"}


def test_the_page_has_no_code_or_style_of_its_own() -> None:
    elements = Elements((PAGE / "index.html").read_text("utf-8")).found
    assert not [tag for tag, attributes in elements if tag == "style" or (tag == "script" and "src" not in attributes)]
    assert not [name for _, attributes in elements for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PAGE).as_posix())
def test_a_module_imports_what_is_there_and_makes_no_markup_of_text(path: Path) -> None:
    source = path.read_text("utf-8")
    base = PurePosixPath("/static") / path.relative_to(PAGE).parent.as_posix()
    for name in re.findall(r'^\s*(?:import|export)\b[^;]*?from "([^"]+)"', source, flags=re.MULTILINE):
        parts: list[str] = []
        for part in (base / name).parts:
            parts = parts[:-1] if part == ".." else parts if part == "." else [*parts, part]
        assert str(PurePosixPath(*parts)) in FILES, name
    assert not MARKUP.findall(source)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", source)


def test_every_view_has_its_module() -> None:
    groups = re.findall(r"views: \[([^\]]+)\]", (PAGE / "js" / "router.js").read_text("utf-8"))
    views = re.findall(r'"(\w+)"', " ".join(groups))
    assert len(views) == 11
    assert {f"/static/js/views/{view}.js" for view in views} == {a for a in FILES if a.startswith("/static/js/views/")}
