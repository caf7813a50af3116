"""Imports a model file of another program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recurra.bundle.file import bytes_of
from recurra.bundle.schema import check_bundle
from recurra.errors import ModelFileError, RecurraError
from recurra.importing.imported import Imported
from recurra.importing.keras import import_keras
from recurra.importing.options import ImportOptions, as_arguments
from recurra.importing.source import SAVE_KERAS, SAVE_STATE, TORCH, Source, format_of
from recurra.importing.torch_state import import_state_dict

__all__ = ["import_for_command", "import_model"]


def import_model(path: str | os.PathLike[str], options: ImportOptions | None = None) -> Imported:
    """Reads a Keras model or a state dict of torch, without either.

    The format is told by the file's first bytes. Nothing in the file is executed or unpacked to disk, every size is
    bounded, and whatever would be computed otherwise than there is refused.

    Args:
        path: a ``.keras`` or ``.h5`` file, or a state dict as ``.safetensors``.
        options: what the file does not say.

    Returns:
        The model, checked and ready for :func:`recurra.bundle.write_bundle`.

    Raises:
        ModelFileError: the file cannot be read, is damaged or hostile, or its model computes something else.
        SettingsError: an option is missing, does not fit, or says what the file says itself.
    """
    _check_path(path)
    try:
        imported = import_for_command(path, options)
    except RecurraError as error:
        raise type(error)(as_arguments(error.received), as_arguments(error.hint)) from None
    return replace(imported, notes=list(map(as_arguments, imported.notes)))


def _check_path(path: Any) -> None:
    """Raises a :class:`ModelFileError` for a model in place of its file."""
    if isinstance(path, str | os.PathLike):
        return
    hint = "Give the path of a file."
    if hasattr(path, "state_dict") or isinstance(path, Mapping):
        hint = SAVE_STATE
    elif hasattr(path, "save") and hasattr(path, "layers"):
        hint = SAVE_KERAS
    raise ModelFileError(f"import_model takes the path of a file, and was given {path!r:.60}", hint)


def import_for_command(path: str | os.PathLike[str], options: ImportOptions | None = None) -> Imported:
    """As :func:`import_model`, with options in errors and notes as the command has them."""
    if Path(path).is_dir():
        raise ModelFileError(
            f"{os.fspath(path)} is a folder, such as a SavedModel", "Save it as one file: model.save('model.keras')."
        )
    data = bytes_of(path)
    options = options or ImportOptions()
    try:
        source = Source(Path(path).name, data, format_of(data))
        imported = (import_state_dict if source.format == TORCH else import_keras)(source, options)
        check_bundle(imported.bundle)
    except ModelFileError as error:
        raise ModelFileError(f"{os.fspath(path)} cannot be imported: {error.received}", error.hint) from None
    except RecursionError:
        # JSON that can just be read may be too deep to be shown.
        raise ModelFileError(
            f"{os.fspath(path)} cannot be imported: its configuration is nested too deeply", SAVE_KERAS
        ) from None
    return imported
