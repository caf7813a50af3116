"""Models of other programs as model files of Recurra; nothing of a file is executed or unpacked to disk.

:func:`recurra.importing.model.import_model` does the whole. Nothing is imported before it is used: the process that
reads HDF5 (:mod:`recurra.importing.hdf5_process`) starts with this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recurra.importing.model import import_model
    from recurra.importing.options import ImportOptions

__all__ = ["ImportOptions", "import_model"]

_HOMES = {"ImportOptions": "options", "import_model": "model"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _HOMES.values():
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
