"""The file that is imported: its bytes, its format by its first bytes, and what a record says of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recurra.errors import ModelFileError

__all__ = ["HDF5", "KERAS", "KERAS_H5", "SAVE_KERAS", "SAVE_STATE", "TORCH", "Source", "format_of"]

KERAS, KERAS_H5, TORCH = "keras", "keras-h5", "torch-state-dict"

HDF5 = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""

SAVE_KERAS = "Save the model again with Keras: model.save('model.keras')."
SAVE_STATE = "Save its weights without pickle: safetensors.torch.save_file(model.state_dict(), 'state.safetensors')."

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_FORMATS = "Give a Keras model (.keras or .h5), or a state dict of torch saved as .safetensors."


@dataclass(frozen=True)
class Source:
    """A file that is imported.

    Attributes:
        name: of the file, without folders.
        data: its bytes.
        format: ``keras``, ``keras-h5`` or ``torch-state-dict``.
    """

    name: str
    data: bytes
    format: str

    @cached_property
    def record(self) -> dict[str, Any]:
        """What a model's record says of the file."""
        digest = hashlib.sha256(self.data).hexdigest()
        return {"format": self.format, "file": self.name[:200], "bytes": len(self.data), "sha256": digest}


def format_of(data: bytes) -> str:
    """The format of a file by its first bytes.

    Raises:
        ModelFileError: it is none that is read.
    """
    if data.startswith(_ZIP):
        return KERAS
    if data.startswith(HDF5):
        return KERAS_H5
    if data[8:9] == b"{":
        return TORCH
    if data.startswith(_PICKLE):
        raise ModelFileError("it is a pickle, which may run code when it is read", SAVE_STATE)
    raise ModelFileError(f"it begins with {data[:8]!r}, as no format does that is read", _FORMATS)
