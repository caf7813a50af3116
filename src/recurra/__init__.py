"""Recurra trains, explains and ships recurrent text classifiers.

The names here load what they need when they are first used, so that predicting never imports torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from recurra.version import VERSION

if TYPE_CHECKING:
    from recurra import cells, tokenizers
    from recurra.data.read import read_table
    from recurra.estimator import TextClassifier
    from recurra.runtime import Model, load

__all__ = ["Model", "TextClassifier", "__version__", "cells", "load", "read_table", "tokenizers"]

__version__ = VERSION


def __getattr__(name: str) -> Any:
    if name == "TextClassifier":
        try:
            from recurra.estimator import TextClassifier
        except ModuleNotFoundError as error:
            raise ImportError(
                "TextClassifier needs torch and scikit-learn, which are not installed. "
                "Run: pip install 'recurra[train]'"
            ) from error
        return TextClassifier
    if name in {"Model", "load"}:
        from recurra import runtime

        return getattr(runtime, name)
    if name in {"cells", "tokenizers"}:
        return import_module(f"recurra.{name}")
    if name == "read_table":
        from recurra.data.read import read_table

        return read_table
    raise AttributeError(f"module 'recurra' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
