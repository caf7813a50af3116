"""A ``.keras`` file: a zip archive, whose members are read into memory within bounds and never unpacked to disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recurra.bundle.format import LARGEST_FILE
from recurra.bundle.strict_json import parse_json
from recurra.errors import ModelFileError
from recurra.importing.source import SAVE_KERAS, SAVE_STATE

__all__ = ["Archive"]

MEMBERS = 10_000
"""Most members of an archive."""

LARGEST_JSON, LARGEST_VOCABULARY = 1 << 24, 1 << 28

MOST_SHRUNK = 100
"""A member may be so many times larger than what is stored of it; weights shrink by a few percent."""

# Members that are smaller may shrink more, as lines that repeat do.
_SMALL = 1 << 10

# What zipfile raises for damaged archives, encrypted members and unknown compressions.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


class Archive:
    """A ``.keras`` file, which is not trusted.

    Args:
        data: its bytes.

    Raises:
        ModelFileError: it is damaged, or a member has a name that leads out of it or a twin.
    """

    def __init__(self, data: bytes) -> None:
        with _damage():
            self._file = zipfile.ZipFile(io.BytesIO(data))
        self._members = _members(self._file)

    @property
    def config(self) -> Any:
        """The model's configuration.

        Raises:
            ModelFileError: there is none, or it is no JSON.
        """
        return parse_json(self._read("config.json", LARGEST_JSON), "config.json", writer="Keras")

    @property
    def weights(self) -> bytes:
        """The HDF5 file with the weights.

        Raises:
            ModelFileError: there is none.
        """
        return self._read("model.weights.h5", LARGEST_FILE)

    @property
    def version(self) -> str | None:
        """Keras's version, if it is known.

        Raises:
            ModelFileError: what should say it is no JSON.
        """
        if "metadata.json" not in self._members:
            return None
        about = parse_json(self._read("metadata.json", LARGEST_JSON), "metadata.json", writer="Keras")
        version = about.get("keras_version") if isinstance(about, dict) else None
        return version if isinstance(version, str) else None

    def vocabulary(self, place: str) -> bytes | None:
        """The vocabulary of a TextVectorization; ``None`` if it has none.

        Args:
            place: the layer's name among the weights.

        Raises:
            ModelFileError: it is damaged or too large.
        """
        names = (f"assets/layers/{place}/_lookup_layer/vocabulary.txt", f"assets/layers/{place}/vocabulary.txt")
        name = next((name for name in names if name in self._members), None)
        return None if name is None else self._read(name, LARGEST_VOCABULARY)

    def _read(self, name: str, most: int) -> bytes:
        member = self._members.get(name)
        if member is None:
            raise ModelFileError(f"its zip archive has no {name}", "Save the whole model: model.save('model.keras').")
        size, stored = member.file_size, member.compress_size
        if size > most:
            raise ModelFileError(f"its member {name!r:.80} has {size:,} bytes, and {most:,} are allowed", SAVE_KERAS)
        if size > MOST_SHRUNK * max(stored, _SMALL):
            raise ModelFileError(
                f"its member {name!r:.80} grows from {stored:,} to {size:,} bytes when it is read", SAVE_KERAS
            )
        with _damage(), self._file.open(member) as stream:
            # The sizes in the directory may be wrong: not a byte more is read.
            found = stream.read(size + 1)
        if len(found) != size:
            raise ModelFileError(
                f"its member {name!r:.80} does not have the {size:,} bytes that are announced", SAVE_KERAS
            )
        return found


@contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
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
