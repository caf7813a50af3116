"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from recurra.errors import RecurraError

__all__ = ["write_atomically"]

_MENDS = {
    errno.ENOSPC: "Free some space, or choose a place on another disk.",
    errno.EDQUOT: "Free some space, or choose a place on another disk.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
    errno.ENOENT: "Make its folder first.",
    errno.ENOTDIR: "Choose a place inside a folder.",
    errno.EISDIR: "Give the name of a file in that folder.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes ``data`` to a file that is afterwards the old one or the new one, never a part of it.

    The bytes go to a new file in the same folder, reach the disk (fsync), and only then take the name. A symbolic
    link stays a link: the file that it names is replaced.

    Args:
        path: the file; its folder must exist.
        data: all that the file shall hold.

    Raises:
        RecurraError: the file cannot be written; nothing is left behind.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            # Replacing a device or a pipe by a file would take it away from everybody.
            raise OSError(errno.EISDIR, "is a folder" if target.is_dir() else "is no regular file")
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
        try:
            _write_synced(temporary, data)
            temporary.replace(target)
        except BaseException:
            # Ctrl-C leaves no half-written file either.
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character, which no system call accepts.
        reason = getattr(error, "strerror", None) or str(error)
        mend = _MENDS.get(getattr(error, "errno", 0) or 0, "Check the path, or choose another place.")
        raise RecurraError(f"{os.fspath(path)} cannot be written: {reason}", mend) from error


def _write_synced(path: Path, data: bytes) -> None:
    # "x" never follows or overwrites what another process may have put there under the same name.
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
