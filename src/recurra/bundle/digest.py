"""The digest of a model file: the SHA-256 of its bytes, by which an altered byte is noticed."""

from __future__ import annotations

import hashlib

from recurra.errors import ModelFileError

__all__ = ["BROKEN", "ZEROS", "check_digest", "with_digest"]

BROKEN = "Copy or download the file again, or write it again from the trained model."

ZEROS = "0" * 64
"""What stands in the digest's own place while it is computed."""

# Quotes are escaped: the JSON of the metadata is itself a string in the JSON of the header.
_KEY = rb"\"digest\":\""


def with_digest(data: bytes) -> bytes:
    """The bytes of a model file with their digest in place of :data:`ZEROS`."""
    place = data.index(_KEY) + len(_KEY)
    return b"".join([data[:place], _digest(data, place).encode(), data[place + len(ZEROS) :]])


def check_digest(data: bytes, stored: object) -> None:
    """Raises a :class:`ModelFileError` unless the bytes of a model file have the digest that its metadata holds."""
    place = data.find(_KEY) + len(_KEY)
    if not isinstance(stored, str) or data[place : place + len(ZEROS)] != stored.encode("utf-8", "replace"):
        raise ModelFileError("The file was altered: its digest is not where it should be", BROKEN)
    found = _digest(data, place)
    equal = sum(one == other for one, other in zip(stored, found, strict=False))
    if len(found) // 2 <= equal < len(found):
        # The digests of two contents agree in four digits, more or less.
        raise ModelFileError(
            "The file was altered: the digest that it records is damaged, "
            f"{len(found) - equal} of its {len(found)} digits differ from that of its contents",
            BROKEN,
        )
    if stored != found:
        raise ModelFileError(f"The file was cut or altered: its digest begins {found[:12]}, not {stored[:12]}", BROKEN)


def _digest(data: bytes, place: int) -> str:
    view = memoryview(data)
    digest = hashlib.sha256(view[:place])
    digest.update(ZEROS.encode())
    digest.update(view[place + len(ZEROS) :])
    return digest.hexdigest()
