"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from recurra.errors import MissingFolderError, RecurraError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

__all__ = ["AtomicFile", "check_file", "take_name", "target_of", "told", "write_atomically", "write_if_changed"]

_HINTS = {
    errno.ENOSPC: "Free some space, or choose a place on another disk.",
    errno.EDQUOT: "Free some space, or choose a place on another disk.",
    errno.EFBIG: "Raise the limit of the size of files (ulimit -f), or choose another place.",
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

    Args:
        path: the file; its folder must exist.
        data: all that the file shall hold.

    Raises:
        RecurraError: the file cannot be written; nothing is left behind.
    """
    with AtomicFile(path) as file:
        file.write(data)


def write_if_changed(path: str | os.PathLike[str], data: bytes) -> None:
    """As :func:`write_atomically`, but a file that holds these bytes is left alone, with its time of modification.

    Tools such as make then see that nothing that depends on it has to be made again.
    """
    with contextlib.suppress(OSError, ValueError):
        file = Path(path)
        if file.stat().st_size == len(data) and file.read_bytes() == data:
            return
    write_atomically(path, data)


class AtomicFile(io.RawIOBase):
    """A file in the making: it takes its name at the end of a ``with`` block, and only if that ends without an error.

    The bytes go to a new file in the same folder, reach the disk (fsync), and only then take the name. A symbolic
    link stays a link: the file that it names is replaced. A file that is replaced hands on its permissions. Ctrl-C
    leaves no half-written file either.

    Args:
        path: the file; its folder must exist.
        temporary: the new file, in the same folder, where the caller keeps others from that name; its name is random
            otherwise.

    Raises:
        RecurraError: the file cannot be written, at whatever step; nothing is left behind.
    """

    def __init__(self, path: str | os.PathLike[str], *, temporary: Path | None = None) -> None:
        self.path = path
        self._place = 0
        with told(path):
            self._target = target_of(path)
            random = self._target.with_name(f".{self._target.name[:100]}.{secrets.token_hex(4)}.tmp")
            self._temporary = temporary or random

    def __enter__(self) -> Self:
        # O_EXCL never follows or overwrites what another process may have put there under the same name.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with told(self.path):
            # What replaces a private file is private from its first byte on.
            mode = 0o600 if self._target.exists() else 0o666
            self._file = os.fdopen(os.open(self._temporary, flags, mode), "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        named = False
        try:
            if error is not None:
                # What is written does not matter any more, nor whether it can be.
                with contextlib.suppress(OSError):
                    self._file.close()
                return
            with told(self.path):
                with self._file:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                take_name(self._temporary, self._target)
            named = True
        finally:
            if not named:
                self._temporary.unlink(missing_ok=True)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Buffer) -> int:
        """Puts bytes behind those that are there, and tells how many."""
        with told(self.path):
            size = self._file.write(data)
        self._place += size
        return size

    def tell(self) -> int:
        """How many bytes there are."""
        return self._place


def check_file(path: str | os.PathLike[str]) -> None:
    """Refuses a file that cannot be written: called before the work whose results go there; a file there is left alone.

    Raises:
        RecurraError: as for :class:`AtomicFile`.
    """
    with contextlib.suppress(_TriedError), AtomicFile(path):
        raise _TriedError


class _TriedError(Exception):
    """A file could be begun."""


def target_of(path: str | os.PathLike[str]) -> Path:
    """The file that a path names, through symbolic links.

    Raises:
        OSError: something else than a file is there.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        # Replacing a device or a pipe by a file would take it away from everybody.
        raise OSError(errno.EISDIR, "is a folder" if target.is_dir() else "is no regular file")
    return target


def take_name(path: Path, target: Path) -> None:
    """Gives a file, whose bytes have reached the disk, another name in its folder; the name reaches the disk as well.

    A file that has the name already is replaced, and hands on its permissions.

    Raises:
        OSError: the name cannot be given.
    """
    if target.exists():
        mode = stat.S_IMODE(target.stat().st_mode) & 0o777
        # Some file systems have the same permissions for all files, and refuse to give any.
        if stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
    path.replace(target)
    if os.name == "nt":
        # Windows opens no folders.
        return
    try:
        folder = os.open(target.parent, os.O_RDONLY)
    except PermissionError:
        # A folder may be written to and not read.
        return
    try:
        os.fsync(folder)
    except OSError as error:
        # Some file systems cannot do it for folders.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(folder)


@contextlib.contextmanager
def told(path: str | os.PathLike[str]) -> Iterator[None]:
    """What fails inside becomes a :class:`RecurraError` that says why ``path`` cannot be written."""
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, RecurraError):
            raise
        # ValueError: a path with a null character, which no system call accepts.
        reason = getattr(error, "strerror", None) or str(error)
        hint = _HINTS.get(getattr(error, "errno", 0) or 0, "Check the path, or choose another place.")
        kind = MissingFolderError if isinstance(error, FileNotFoundError) else RecurraError
        raise kind(f"{os.fspath(path)} cannot be written: {reason}", hint) from error
