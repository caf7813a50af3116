"""A stamp of a file that shows whether the file has changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from recurra.errors import DataError

__all__ = ["file_stamp"]

_LOOK_BYTES = 1 << 20


def file_stamp(path: Path) -> str:
    """SHA-256 (hex) of a file's size, modification time, and first and last MiB; of a folder's names, sizes and times.

    Other changes are not noticed; reading all of a large file would take as long as predicting it.

    Raises:
        DataError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for folder, folders, files in os.walk(path):
                folders.sort()
                for name in sorted(files):
                    status = Path(folder, name).lstat()
                    digest.update(repr((folder, name, status.st_size, status.st_mtime_ns)).encode("utf-8", "replace"))
            return digest.hexdigest()
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            digest.update(repr((status.st_size, status.st_mtime_ns)).encode())
            digest.update(file.read(_LOOK_BYTES))
            file.seek(max(0, status.st_size - _LOOK_BYTES))
            digest.update(file.read(_LOOK_BYTES))
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror}", "Check its permissions.") from None
    return digest.hexdigest()
