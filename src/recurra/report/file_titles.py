"""What a file is called in a page's titles: a page is sent to others, whom paths tell nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

__all__ = ["file_title", "file_titles"]

# Every run's model is called so: its folder says more.
MODEL = "model.safetensors"


def file_title(name: str) -> str:
    """``/data/news/test.csv`` → ``test.csv``, ``runs/news/model.safetensors`` → ``news``; addresses and names stay."""
    return file_titles([name])[0]


def file_titles(names: Sequence[str]) -> list[str]:
    """The titles of several files, each with as many folders as tell it from the others."""
    return [_distinct(name, set(names) - {name}) for name in names]


def _distinct(name: str, others: set[str]) -> str:
    for count in range(1, len(PurePath(name).parts)):
        title = _title(name, count)
        if all(_title(other, count) != title for other in others):
            return title
    return name


def _title(name: str, count: int) -> str:
    path = PurePath(name)
    if "://" in name or len(path.parts) < 2:
        return name
    parts = path.parts[:-1] if path.name == MODEL else path.parts
    return "/".join(part for part in parts[-count:] if part != path.anchor) or name
