"""Imports the packages that pages need, on demand."""

from __future__ import annotations

import importlib
from typing import Any

from recurra.errors import RecurraError

__all__ = ["require", "require_page_packages"]


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

    Raises:
        RecurraError: one is not installed.
    """
    require("jinja2")
    require("matplotlib")
