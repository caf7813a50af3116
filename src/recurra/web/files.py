"""The page's files: a fixed map from URL paths to files; no path of a request ever becomes a path of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["FILES", "PageFile"]

STATIC = Path(__file__).parent / "static"

# Browsers run a module only if its media type is JavaScript's; the machine's own table of types is not used.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        path: path of the file.
        media_type: its ``content-type``.
    """

    path: Path
    media_type: str


def _page_files() -> Iterator[tuple[str, PageFile]]:
    """Every URL path of the page with its file; ``/`` is the page itself."""
    yield "/", PageFile(STATIC / "index.html", MEDIA_TYPES[".html"])
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in MEDIA_TYPES and path.name != "index.html":
            yield f"/static/{path.relative_to(STATIC).as_posix()}", PageFile(path, MEDIA_TYPES[path.suffix])


FILES: Mapping[str, PageFile] = MappingProxyType(dict(_page_files()))
"""The served files by URL path."""
