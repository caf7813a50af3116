"""ONNX Runtime for browsers: fetched by npm from its registry, checked, kept in the cache.

npm only downloads the package; none of it is installed or run here. It has no file with its licence: that stands in
``page/runtime``, and the notices of what it is built from are those of the Python package, made from the same sources.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from recurra.data.wheel import PinnedFile, read_cached, write_cached
from recurra.errors import DataError, SettingsError

__all__ = ["RUNTIME", "RUNTIME_FILES", "cached_runtime", "read_notices", "read_runtime"]

VERSION = "1.30.0"
RUNTIME = f"onnxruntime-web {VERSION}"
"""Name and version, for people."""

PACKAGE = f"onnxruntime-web@{VERSION}"
TARBALL = f"onnxruntime-web-{VERSION}.tgz"
TARBALL_SIZE = 33_106_585
# Of the tarball, as npm writes it.
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
# Folder of the files in the tarball.
FOLDER = "package/dist/"

RUNTIME_FILES = (
    PinnedFile("ort.wasm.bundle.min.mjs", "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90", 73_054),
    PinnedFile(
        "ort-wasm-simd-threaded.wasm", "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2", 14_239_897
    ),
)
"""What computing without a GPU and in one thread needs."""

NPM_SECONDS = 300.0
HINT = f"Or fetch it elsewhere with `npm pack {PACKAGE}`, and give the file with --runtime {TARBALL}."


def read_runtime(given: Path | None, say: Callable[[str], None]) -> dict[str, bytes]:
    """The contents of :data:`RUNTIME_FILES`, by their names.

    Args:
        given: npm's tarball, or a folder that has it or the files; ``None`` takes the cache, or downloads them.
        say: called with one line for a download.

    Raises:
        DataError: something cannot be fetched or read, or is not what is expected.
        SettingsError: ``given`` has none of it.
    """
    if given is not None:
        return _given(given)
    found = cached_runtime()
    if found is None:
        say(f"downloading {RUNTIME} ({TARBALL_SIZE / 1e6:.0f} MB) with npm; nothing of it is installed")
        with tempfile.TemporaryDirectory(prefix="recurra-") as folder:
            found = read_tarball(_download(Path(folder)))
        for part in RUNTIME_FILES:
            write_cached(_in_cache(part), found[part.name], say)
    return found


def cached_runtime() -> dict[str, bytes] | None:
    """What :func:`read_runtime` returns, if the cache has it."""
    cached = {part.name: read_cached(_in_cache(part)) for part in RUNTIME_FILES}
    found = {name: content for name, content in cached.items() if content is not None}
    return found if len(found) == len(cached) else None


def read_tarball(path: Path) -> dict[str, bytes]:
    """The contents of :data:`RUNTIME_FILES` in npm's tarball. No file is made of any name in it.

    Raises:
        DataError: it cannot be read, or is not the expected one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(TARBALL_SIZE + 1)  # one byte more than expected
            found = base64.b64encode(hashlib.sha512(content).digest()).decode("ascii")
            if f"sha512-{found}" != INTEGRITY:
                raise DataError(f"{path} has the SHA-512 {found[:16]}…, and that of {PACKAGE} is another", HINT)
            file.seek(0)
            # Its bytes are the expected ones: it holds the files, and their sizes are known.
            with tarfile.open(fileobj=file, mode="r:gz") as archive:
                members = {part.name: archive.extractfile(FOLDER + part.name) for part in RUNTIME_FILES}
                return {name: b"" if member is None else member.read() for name, member in members.items()}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", HINT) from None


def read_notices() -> bytes | None:
    """The notices of what ONNX Runtime is built from; ``None`` where its Python package has no such file."""
    spec = find_spec("onnxruntime")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "ThirdPartyNotices.txt"
        if path.is_file():
            return path.read_bytes()
    return None


def _in_cache(part: PinnedFile) -> PinnedFile:
    return replace(part, name=f"onnxruntime-web-{VERSION}-{part.name}")


def _given(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return read_tarball(path)
    folder = next((one for one in (path, path / "dist") if (one / RUNTIME_FILES[0].name).is_file()), None)
    if folder is None and (path / TARBALL).is_file():
        return read_tarball(path / TARBALL)
    if folder is None:
        names = ", ".join(part.name for part in RUNTIME_FILES)
        raise SettingsError(f"--runtime {path} has neither {TARBALL} nor {names}", f"Run `npm pack {PACKAGE}` there.")
    found = {}
    for part in RUNTIME_FILES:
        try:
            with (folder / part.name).open("rb") as file:
                found[part.name] = file.read(part.size + 1)
        except OSError as error:
            raise DataError(f"{folder / part.name} cannot be read: {error.strerror or error}", HINT) from None
        if not part.has(found[part.name]):
            raise DataError(f"{folder / part.name} is not the file of {PACKAGE}: its SHA-256 is another", HINT)
    return found


def _download(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError(f"A page needs {RUNTIME}, which npm fetches, and npm is missing", f"Install npm. {HINT}")
    command = [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"]
    try:
        ran = subprocess.run(  # noqa: S603  (constants, no shell)
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=NPM_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"npm did not download {PACKAGE} within {NPM_SECONDS:g} s", HINT) from None
    except OSError as error:
        raise DataError(f"npm cannot be started: {error}", HINT) from None
    if ran.returncode != 0:
        errors = [line for line in ran.stderr.splitlines() if line.strip()]
        raise DataError(f"npm cannot download {PACKAGE}: {errors[-1][:160] if errors else ran.returncode}", HINT)
    return folder / TARBALL
