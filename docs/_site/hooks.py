"""What the site has beside the pages in docs/: files that they link to elsewhere in the repository, and the commands.

A link such as ``../CONTRIBUTING.md`` leads out of docs/. It is right where the repository is read; in the site it leads
to a copy of that file, ``repository/CONTRIBUTING.html``, which is made while the site is built. Programs become pages.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from command_help import help_of_commands  # noqa: E402

LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
FOREIGN = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"?(?:https?:)?//[^\s\">]+")
LANGUAGES = {".py": "python", ".sh": "sh", ".toml": "toml"}


def on_files(files: Any, config: Any) -> Any:
    """Adds what pages link to outside docs/, and what those files link to."""
    left = [(f"docs/{file.src_uri}", file.content_string) for file in files.documentation_pages()]
    known = set()
    while left:
        place, text = left.pop()
        for link in LINK.finditer(text):
            target = _target(place, link[2])
            if target.startswith("docs/") or target in known or not (ROOT / target).is_file():
                continue
            known.add(target)
            content = (ROOT / target).read_text(encoding="utf-8")
            language = LANGUAGES.get(Path(target).suffix)
            if language:
                content = f"# {target}\n\n````{language}\n{content}````\n"
            files.append(File.generated(config, _uri(target), content=content))
            if not language:
                left.append((target, content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turns links out of docs/ into links to the copies and back, and adds the help to the page of commands."""
    uri = page.file.src_uri
    copied = uri.startswith("repository/")
    place = uri.removeprefix("repository/") if copied else f"docs/{uri}"

    def turned(link: re.Match[str]) -> str:
        target = _target(place, link[2])
        if not copied and target.startswith("docs/"):
            return link[0]
        return f"{link[1]}{posixpath.relpath(_uri(target), posixpath.dirname(uri) or '.')}{link[3] or ''}{link[4]}"

    shown = LINK.sub(turned, markdown)
    return f"{shown}\n{help_of_commands()}" if uri == "reference/commands.md" else shown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuses a page that a browser would ask another host for parts of.

    Raises:
        PluginError: it has such a script, style or picture.
    """
    if found := FOREIGN.search(output):
        raise PluginError(f"{page.file.src_uri} loads from another host: {found[0]}. Put the file into docs/.")
    return output


def _target(place: str, link: str) -> str:
    """The path in the repository that a link in a file at ``place`` leads to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), link))


def _uri(target: str) -> str:
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return f"repository/{target}" + (".md" if Path(target).suffix in LANGUAGES else "")
