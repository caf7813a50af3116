"""What is in the wheel and in the sdist."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["files_in", "wrong_in_sdist", "wrong_in_wheel"]

# Of each folder of files that are no Python, one that must be there; the rest is compared with the sources.
NEEDED = (
    "recurra/py.typed",
    "recurra/presets/default.toml",
    "recurra/presets/lesson/lstm.toml",
    "recurra/report/locales/ja.json",
    "recurra/report/templates/",
    "recurra/lesson/templates/",
    "recurra/web/static/index.html",
    "recurra/web/static/js/",
)
SDIST = ("LICENSE", "README.md", "CHANGELOG.md", "PKG-INFO", "pyproject.toml")
CACHES = ("__pycache__", ".pyc", ".nbi", ".nbc", ".egg-info/PKG", "_cache/", ".DS_Store")
LARGEST_WHEEL = 2_000_000
"""Bytes: a model or data that got in would be larger."""


def files_in(archive: Path) -> dict[str, int]:
    """The files of a wheel or an sdist, with their bytes; of an sdist without its one folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            return {one.filename: one.file_size for one in file.infolist()}
    with tarfile.open(archive) as file:
        return {one.name.partition("/")[2]: one.size for one in file.getmembers() if one.isfile()}


def wrong_in_wheel(files: Iterable[str], sources: Iterable[str]) -> list[str]:
    """What is missing or should not be there, a line each.

    Args:
        files: of the wheel.
        sources: the files below ``src``, as git lists them.
    """
    files, sources = set(files), set(sources)
    package = {one for one in files if one.startswith("recurra/")}
    about = {one for one in files if one.split("/")[0].endswith(".dist-info")}
    return [
        *(f"lacks {one}" for one in NEEDED if not any(name.startswith(one) for name in package)),
        *(f"lacks {one}" for one in sorted(sources - package)),
        *(f"has {one}, which is no source" for one in sorted(package - sources)),
        *(f"has {one}" for one in sorted(files - package - about)),
        *([] if any(one.endswith("/licenses/LICENSE") for one in about) else ["lacks its licence"]),
        *_caches(files),
    ]


def wrong_in_sdist(files: Iterable[str], sources: Iterable[str]) -> list[str]:
    """As :func:`wrong_in_wheel`, for an sdist."""
    files = set(files)
    package = {f"src/{one}" for one in sources}
    others = {one for one in files - package if one.startswith(("src/recurra/", "tests/", "docs/", "benchmarks/"))}
    return [
        *(f"lacks {one}" for one in [*SDIST, *sorted(package)] if one not in files),
        *(f"has {one}" for one in sorted(others)),
        *_caches(one for one in files if not one.startswith("src/recurra.egg-info/")),
    ]


def _caches(files: Iterable[str]) -> list[str]:
    return [f"has {one}, of a cache" for one in sorted(files) if any(part in one for part in CACHES)]
