"""Reading and writing model files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from recurra.atomic import write_atomically, write_if_changed
from recurra.bundle.bundle import Bundle
from recurra.bundle.format import LARGEST_FILE, decode, encode, stored_digest
from recurra.errors import MissingModelError, ModelFileError, SettingsError

# What other programs would take a file of such a name for, and what writes that.
OTHER_FORMATS = dict.fromkeys((".pkl", ".pickle", ".joblib", ".pt", ".pth", ".h5", ".hdf5", ".keras", ".skops"), "")
OTHER_FORMATS[".onnx"] = "; recurra.export.export_onnx(model).save(path) writes ONNX"

__all__ = ["bytes_of", "check_ending", "digest_in", "digest_of", "read_bundle", "write_bundle"]


def write_bundle(bundle: Bundle, path: str | os.PathLike[str], *, keep_same: bool = False) -> None:
    """Writes a model file atomically: an existing file is replaced as a whole or stays unchanged.

    Args:
        bundle: the model. The same model always has the same bytes.
        path: the file, usually ``….safetensors``; its folder must exist.
        keep_same: leave a file that holds the same bytes alone, with its time of modification.

    Raises:
        SettingsError: ``bundle`` is none, or ``path`` ends as a file of another format does, such as ``.onnx``.
        ModelFileError: the parts of the model do not fit together.
        RecurraError: the file cannot be written.
    """
    if not isinstance(bundle, Bundle):
        raise SettingsError(f"write_bundle was given {bundle!r:.60}", "Give a bundle, such as model.bundle.")
    path = Path(path)
    check_ending(path)
    (write_if_changed if keep_same else write_atomically)(path, encode(bundle))


def check_ending(path: Path, ending: str = ".safetensors") -> None:
    """Refuses a name that other programs, or Recurra, would take for a file of another format.

    Args:
        path: the file that is to be written.
        ending: that of its format: ``.safetensors`` or ``.onnx``.

    Raises:
        SettingsError: ``path`` ends as a file of another format does.
    """
    suffix = path.suffix.lower()
    if suffix == ending or suffix not in (".safetensors", *OTHER_FORMATS):
        return
    what = "an ONNX file" if ending == ".onnx" else "a safetensors file"
    raise SettingsError(
        f"A model file was to be written as {path.name!r:.80}",
        f"It is {what}: name it {path.with_suffix(ending).name!r:.80}{OTHER_FORMATS.get(suffix, '')}.",
    )


def read_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Reads a model file, which is not trusted: nothing in it is executed, and every size is bounded.

    Args:
        path: path of the file.

    Raises:
        ModelFileError: the file does not exist (a ``FileNotFoundError`` too), cannot be read, was not written by
            recurra, or is truncated, altered, hostile or of a newer format.
    """
    data = bytes_of(path)
    try:
        return decode(data)
    except ModelFileError as error:
        raise ModelFileError(f"The model {os.fspath(path)} cannot be used: {error.received}", error.hint) from None


def digest_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 that a model file contains and is identified by. The file is not checked against it here.

    Raises:
        ModelFileError: there is no such file, or recurra did not write it.
    """
    return stored_digest(bytes_of(path))


def digest_in(bundle: Bundle) -> str:
    """The digest that the file of a model has or would have.

    Raises:
        ModelFileError: the parts of the model do not fit together.
    """
    return stored_digest(encode(bundle))


def _hint_of_folder(folder: Path) -> str:
    if (file := folder / "model.safetensors").exists():
        return f"Give the model file in it: {file}"
    if (folder / "checkpoint.safetensors").exists():
        return "It holds a run that did not end, and no model yet: recurra train with --resume ends it."
    return "Give a model file; there is no model.safetensors in it."


def bytes_of(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file that is not larger than a model may be.

    Raises:
        ModelFileError: there is no such file, or it cannot be read.
    """
    # Type and size are checked first: opening a pipe would block for ever, reading a device would take very long.
    try:
        status = Path(path).stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise ModelFileError(f"{os.fspath(path)} is a folder", _hint_of_folder(Path(path)))
    if not stat.S_ISREG(status.st_mode):
        raise ModelFileError(f"{os.fspath(path)} is no regular file", "Copy the model into a file, and give that.")
    if status.st_size > LARGEST_FILE:
        raise ModelFileError(
            f"{os.fspath(path)} has {status.st_size:,} bytes, and the limit of a model is {LARGEST_FILE:,}",
            "Give a model file that recurra has written.",
        )
    try:
        with Path(path).open("rb") as file:
            return file.read(status.st_size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str | os.PathLike[str], error: OSError | ValueError) -> ModelFileError:
    if isinstance(error, FileNotFoundError):
        return MissingModelError(f"There is no file {os.fspath(path)}", "Check the path of the model.")
    if isinstance(error, PermissionError):
        return ModelFileError(f"{os.fspath(path)} may not be read", "Ask its owner for permission, or copy it.")
    # ValueError: a path with a null character, which no system call accepts.
    reason = getattr(error, "strerror", None) or str(error)
    return ModelFileError(f"{os.fspath(path)!r} cannot be read: {reason}", "Check the path of the model.")
