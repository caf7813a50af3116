"""Recurra trains, explains and ships recurrent text classifiers.

The names here load what they need when they are first used, so that predicting never imports torch.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from recurra.version import VERSION

if TYPE_CHECKING:
    from recurra import cells, tokenizers
    from recurra.data.read import read_table
    from recurra.estimator import TextClassifier
    from recurra.evaluation import evaluate
    from recurra.presets import preset_names
    from recurra.runtime import Model, load
    from recurra.training import callbacks

__all__ = [
    "Model",
    "TextClassifier",
    "__version__",
    "callbacks",
    "cells",
    "evaluate",
    "load",
    "preset_names",
    "read_table",
    "tokenizers",
]

__version__ = VERSION

# Where a name is defined; a name of None is the module itself.
_HOMES: dict[str, tuple[str, str | None]] = {
    "Model": ("recurra.runtime", "Model"),
    "TextClassifier": ("recurra.estimator", "TextClassifier"),
    "callbacks": ("recurra.callbacks", None),
    "cells": ("recurra.cells", None),
    "evaluate": ("recurra.evaluation", "evaluate"),
    "load": ("recurra.runtime", "load"),
    "preset_names": ("recurra.presets", "preset_names"),
    "read_table": ("recurra.data.read", "read_table"),
    "tokenizers": ("recurra.tokenizers", None),
}

# Modules that a misspelt name may mean, besides.
_MODULES = ("data", "errors", "evaluation", "inspection", "presets", "runtime", "tasks", "text", "training", "tuning")

# Functions that stand elsewhere, by the names of commands or what other libraries call them.
_ELSEWHERE = {
    "compare": "recurra.inspection.compare({name: model, …}, table)",
    "fit": "recurra.TextClassifier().fit(X, y)",
    "import_model": "recurra.importing.import_model(path)",
    "predict": "recurra.load(path).predict(texts)",
    "train": "recurra.TextClassifier().fit(X, y)",
    "tune": "recurra.tuning.Tuner(table, recipe=…, folder=…, limits=…).run()",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home, attribute = _HOMES[name]
    elif name.isidentifier() and not name.startswith("_") and find_spec(f"recurra.{name}"):
        # Any other module of the package, such as recurra.inspection, without an import of its own.
        home, attribute = f"recurra.{name}", None
    else:
        close = get_close_matches(name, [*__all__, *_MODULES], n=1, cutoff=0.75)
        meant = f". Did you mean recurra.{close[0]}?" if close else ""
        if name in _ELSEWHERE:
            meant = f": write {_ELSEWHERE[name]}"
        raise AttributeError(f"module 'recurra' has no attribute {name!r}{meant}")
    try:
        module = import_module(home)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "sklearn"):
            # Another package is missing, or a part of one: its own message says which.
            raise
        raise ImportError(
            f"{name} needs torch and scikit-learn, and {error.name} is not installed. "
            "Run: pip install 'recurra[train]'",
            name=error.name,
        ) from error
    return module if attribute is None else getattr(module, attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
