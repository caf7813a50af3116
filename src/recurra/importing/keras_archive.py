"""A ``.keras`` file: a zip archive, whose members are read into memory within bounds and never unpacked to disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from recurra.bundle.format import LARGEST_FILE
from recurra.bundle.strict_json import parse_json
from recurra.errors import ModelFileError
from recurra.importing.source import SAVE_KERAS, SAVE_STATE

__all__ = ["Archive", "read_archive"]

MEMBERS = 10_000
"""Most members of an archive."""

LARGEST_JSON, LARGEST_VOCABULARY = 1 << 24, 1 << 28

MOST_SHRUNK = 100
"""A member may be so many times larger than what is stored of it; weights shrink by a few percent."""

_VOCABULARY = "/vocabulary.txt"


@dataclass(frozen=True)
class Archive:
    """What a ``.keras`` file holds.

    Attributes:
        config: the model's configuration.
        weights: the bytes of the HDF5 file with its weights.
        vocabularies: the bytes of each TextVectorization's vocabulary, by the layer's place in the archive.
        version: Keras's version, if it is known.
    """

    config: Any
    weights: bytes
    vocabularies: dict[str, bytes]
    version: str | None


def read_archive(data: bytes) -> Archive:
    """Reads the members that describe a model.

    Args:
        data: of the archive, which is not trusted.

    Raises:
        ModelFileError: it is damaged, a member has a name that leads out of it, a size out of bounds or a twin, or one
            is missing.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = _members(file)
            config = parse_json(_read(file, members, "config.json", LARGEST_JSON), "config.json", writer="Keras")
            about: Any = {}
            if "metadata.json" in members:
                about = parse_json(_read(file, members, "metadata.json", LARGEST_JSON), "metadata.json", writer="Keras")
            version = about.get("keras_version") if isinstance(about, dict) else None
            return Archive(
                config,
                _read(file, members, "model.weights.h5", LARGEST_FILE),
                {
                    name.removeprefix("assets/").removesuffix(_VOCABULARY): _read(
                        file, members, name, LARGEST_VOCABULARY
                    )
                    for name in members
                    if name.startswith("assets/") and name.endswith(_VOCABULARY)
                },
                version[:40] if isinstance(version, str) else None,
            )
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError
    ) as error:  # fmt: skip
        if isinstance(error, ModelFileError):
            raise
        # What zipfile raises for damaged archives, encrypted members and unknown compressions.
        raise ModelFileError(f"its zip archive is damaged ({str(error)[:80]})", SAVE_KERAS) from None


def _members(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The archive's members by name, all of which are checked."""
    every = file.infolist()
    if len(every) > MEMBERS:
        raise ModelFileError(f"its zip archive has {len(every):,} members, and {MEMBERS:,} are allowed", SAVE_KERAS)
    members = {one.filename: one for one in every}
    if len(members) < len(every):
        raise ModelFileError("its zip archive has two members of one name", SAVE_KERAS)
    for name in members:
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise ModelFileError(f"its member {name!r:.80} would lie outside the archive", SAVE_KERAS)
    if any(name.endswith("/data.pkl") for name in members):
        raise ModelFileError("it is a file of torch.save, which holds a pickle that may run code", SAVE_STATE)
    return members


def _read(file: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, most: int) -> bytes:
    member = members.get(name)
    if member is None:
        raise ModelFileError(f"its zip archive has no {name}", "Save the whole model: model.save('model.keras').")
    size, stored = member.file_size, member.compress_size
    if size > most:
        raise ModelFileError(f"its member {name!r:.80} has {size:,} bytes, and {most:,} are allowed", SAVE_KERAS)
    if size > MOST_SHRUNK * max(stored, 1 << 10):
        raise ModelFileError(
            f"its member {name!r:.80} grows from {stored:,} to {size:,} bytes when it is read", SAVE_KERAS
        )
    with file.open(member) as stream:
        # The sizes in the directory may be wrong: not a byte more is read.
        found = stream.read(size + 1)
    if len(found) != size:
        raise ModelFileError(f"its member {name!r:.80} does not have the {size:,} bytes that are announced", SAVE_KERAS)
    return found
