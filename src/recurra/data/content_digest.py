"""A digest of what a file or a folder holds."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from recurra.errors import DataError

__all__ = ["content_digest"]


def content_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes, or of the names and bytes of all files in a folder.

    Times and places do not count: a file that was fetched again is the same. Hashing 100 MB takes some 0.07 s, less
    than a hundredth of what predicting their rows takes.

    Raises:
        DataError: a file cannot be read.
    """
    try:
        if not path.is_dir():
            return _of_file(path)
        digest = hashlib.sha256()
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                file = Path(folder, name)
                digest.update(repr((str(file.relative_to(path)), _of_file(file))).encode("utf-8", "replace"))
        return digest.hexdigest()
    except OSError as error:
        failed = str(error.filename or path)
        raise DataError(f"{failed!r} cannot be read: {error.strerror}", "Check its permissions.") from None


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
