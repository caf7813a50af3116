"""ONNX Runtime for browsers: from npm, a file, a folder or the cache, and nothing else than what is expected."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recurra.data.wheel import PinnedFile
from recurra.errors import DataError, SettingsError
from recurra.export import web_runtime
from recurra.export.web_runtime import TARBALL, read_notices, read_runtime

CONTENTS = {"ort.wasm.bundle.min.mjs": b"export {};", "ort-wasm-simd-threaded.wasm": b"\0asm\1\0\0\0"}


def tarball(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """A small tarball in the package's place; a member of it would leave the folder that it is unpacked into."""
    made = tarball({"../../outside": b"x", **{f"package/dist/{name}": CONTENTS[name] for name in CONTENTS}})
    pinned = [PinnedFile(name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in CONTENTS.items()]
    monkeypatch.setattr(web_runtime, "RUNTIME_FILES", tuple(pinned))
    monkeypatch.setattr(web_runtime, "TARBALL_SIZE", len(made))
    digest = base64.b64encode(hashlib.sha512(made).digest()).decode()
    monkeypatch.setattr(web_runtime, "INTEGRITY", f"sha512-{digest}")
    monkeypatch.setenv("RECURRA_CACHE", str(tmp_path / "cache"))
    return made


def play_npm(monkeypatch: pytest.MonkeyPatch, pack: Callable[[Path], Any]) -> list[list[str]]:
    """Calls ``pack`` with the folder in npm's place; what it returns is how npm ended. The commands are kept."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        assert not options.get("shell")
        assert options["timeout"] > 0
        commands.append(command)
        return pack(Path(options["cwd"])) or subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(web_runtime.shutil, "which", {"npm": "/usr/bin/npm"}.get)
    return commands


def never(_: Path) -> None:
    raise AssertionError("npm was run")


def test_npm_fetches_it_once(monkeypatch: pytest.MonkeyPatch, package: bytes, tmp_path: Path) -> None:
    commands = play_npm(monkeypatch, lambda folder: (folder / TARBALL).write_bytes(package) and None)
    said: list[str] = []
    assert read_runtime(None, said.append) == CONTENTS
    assert commands == [["/usr/bin/npm", "pack", "onnxruntime-web@1.30.0", "--ignore-scripts", "--silent"]]
    assert said == ["downloading onnxruntime-web 1.30.0 (0 MB) with npm; nothing of it is installed"]
    play_npm(monkeypatch, never)
    assert read_runtime(None, said.append) == CONTENTS
    assert len(said) == 1
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "onnxruntime-web-1.30.0-ort-wasm-simd-threaded.wasm",
        "onnxruntime-web-1.30.0-ort.wasm.bundle.min.mjs",
    ]


def test_a_damaged_copy_in_the_cache_is_fetched_again(
    monkeypatch: pytest.MonkeyPatch, package: bytes, tmp_path: Path
) -> None:
    play_npm(monkeypatch, lambda folder: (folder / TARBALL).write_bytes(package) and None)
    read_runtime(None, print)
    (tmp_path / "cache" / "onnxruntime-web-1.30.0-ort.wasm.bundle.min.mjs").write_bytes(b"import 'x';")
    assert read_runtime(None, print) == CONTENTS
    assert (tmp_path / "cache" / "onnxruntime-web-1.30.0-ort.wasm.bundle.min.mjs").read_bytes() == b"export {};"


def test_another_tarball_is_refused(monkeypatch: pytest.MonkeyPatch, package: bytes, tmp_path: Path) -> None:
    other = bytearray(package)
    other[20] ^= 1
    play_npm(monkeypatch, lambda folder: (folder / TARBALL).write_bytes(other) and None)
    with pytest.raises(DataError, match=r"has the SHA-512 .*…, and that of onnxruntime-web@1\.30\.0 is another"):
        read_runtime(None, print)
    longer = tmp_path / "longer.tgz"
    longer.write_bytes(package + b"\0" * 100)
    with pytest.raises(DataError, match="SHA-512"):
        read_runtime(longer, print)
    assert not (tmp_path / "cache").exists()


def test_a_file_or_a_folder_stands_in_for_npm(monkeypatch: pytest.MonkeyPatch, package: bytes, tmp_path: Path) -> None:
    play_npm(monkeypatch, never)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / TARBALL).write_bytes(package)
    assert read_runtime(tmp_path / "a" / TARBALL, print) == read_runtime(tmp_path / "a", print) == CONTENTS
    for folder in (tmp_path / "b", tmp_path / "c" / "dist"):
        folder.mkdir(parents=True)
        for name, content in CONTENTS.items():
            (folder / name).write_bytes(content)
    assert read_runtime(tmp_path / "b", print) == read_runtime(tmp_path / "c", print) == CONTENTS
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path.parent / "outside").exists()
    (tmp_path / "b" / "ort.wasm.bundle.min.mjs").write_bytes(b"import 'x';")
    with pytest.raises(DataError, match=r"ort\.wasm\.bundle\.min\.mjs is not the file of onnxruntime-web@1\.30\.0"):
        read_runtime(tmp_path / "b", print)
    (tmp_path / "b" / "ort-wasm-simd-threaded.wasm").unlink()
    (tmp_path / "b" / "ort.wasm.bundle.min.mjs").write_bytes(b"export {};")
    with pytest.raises(DataError, match=r"ort-wasm-simd-threaded\.wasm cannot be read: No such file"):
        read_runtime(tmp_path / "b", print)
    with pytest.raises(SettingsError, match=r"has neither onnxruntime-web-1\.30\.0\.tgz nor .*Run `npm pack onnx"):
        read_runtime(tmp_path, print)


@pytest.mark.usefixtures("package")
def test_what_to_do_without_npm_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = re.escape(
        "Or fetch it elsewhere with `npm pack onnxruntime-web@1.30.0`, and give the file with "
        "--runtime onnxruntime-web-1.30.0.tgz."
    )
    failed = subprocess.CompletedProcess([], 1, "", "npm error code ENOTFOUND\nnpm error network no\n\n")
    play_npm(monkeypatch, lambda _: failed)
    with pytest.raises(
        DataError, match=f"^npm cannot download onnxruntime-web@1.30.0: npm error network no. {elsewhere}"
    ):
        read_runtime(None, print)

    def slow(_: Path) -> None:
        raise subprocess.TimeoutExpired("npm", 300)

    play_npm(monkeypatch, slow)
    with pytest.raises(DataError, match=r"did not download onnxruntime-web@1\.30\.0 within 300 s"):
        read_runtime(None, print)
    play_npm(monkeypatch, lambda _: None)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_runtime(None, print)
    monkeypatch.setattr(web_runtime.shutil, "which", lambda _: None)
    with pytest.raises(DataError, match=rf"and npm is missing\. Install npm\. {elsewhere}"):
        read_runtime(None, print)


def test_notices_are_those_of_the_python_package(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="no onnxruntime: pip install 'recurra[onnx]'")
    assert b"protobuf" in (read_notices() or b"")
    monkeypatch.setattr(web_runtime, "find_spec", lambda _: None)
    assert read_notices() is None
