"""Imports the packages that pages need, on demand."""

from __future__ import annotations

import importlib
from typing import Any

from recurra.errors import RecurraError

__all__ = ["missing_page_package", "require", "require_page_packages"]

_PACKAGES = ("jinja2", "matplotlib")


def require(module: str) -> Any:
    """Imports a module of the extra ``report``.

    Raises:
        RecurraError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise RecurraError(
            f"Making a page needs {module.partition('.')[0]}, which is not installed",
            "Install it with: pip install 'recurra[report]'.",
        ) from error


def require_page_packages() -> None:
    """Imports all packages that a page needs: called before the work that a page is made of, which may take minutes.

    For a page that was asked for by its name. A folder for figures and a page gets the figures without the packages
    (:func:`missing_page_package`).

    Raises:
        RecurraError: one is not installed.
    """
    for name in _PACKAGES:
        require(name)


def missing_page_package() -> str | None:
    """The first package that a page needs and that is not installed."""
    for name in _PACKAGES:
        try:
            require(name)
        except RecurraError:
            return name
    return None
