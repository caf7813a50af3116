"""Imports a model file of another program."""

from __future__ import annotations

import os
from pathlib import Path

from recurra.bundle.file import bytes_of
from recurra.bundle.schema import check_bundle
from recurra.errors import ModelFileError
from recurra.importing.imported import Imported
from recurra.importing.keras import import_keras
from recurra.importing.options import ImportOptions
from recurra.importing.source import SAVE_KERAS, TORCH, Source, format_of
from recurra.importing.torch_state import import_state_dict

__all__ = ["import_model"]


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
