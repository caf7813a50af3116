"""The page's files: a fixed map from the address to the file, so that no address ever becomes a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

__all__ = ["FILES", "PageFile"]

STATIC = Path(__file__).parent / "static"

# Browsers run a module only if its type says that it is one; the machine's own table of types is not asked.
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}

# Other people's files are served from where pip has put them: address, package, place in the package.
VENDORED = (("/static/vendor/plotly/plotly.min.js", "plotly", "package_data/plotly.min.js"),)


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        path: where it lies.
        media_type: what ``content-type`` says of it.
    """

    path: Path
    media_type: str


def _page_files() -> Iterator[tuple[str, PageFile]]:
    """Every address of the page with its file; ``/`` is the page itself."""
    yield "/", PageFile(STATIC / "index.html", MEDIA_TYPES[".html"])
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in MEDIA_TYPES and path.name != "index.html":
            yield f"/static/{path.relative_to(STATIC).as_posix()}", PageFile(path, MEDIA_TYPES[path.suffix])
    for address, package, place in VENDORED:
        # Found, not imported: importing Plotly takes longer than starting the service.
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(folder) / place
            if path.is_file():
                yield address, PageFile(path, MEDIA_TYPES[path.suffix])


FILES: Mapping[str, PageFile] = MappingProxyType(dict(_page_files()))
"""What is served, by address; with Plotly's file where Plotly is installed. Where it is not, the page says so."""
