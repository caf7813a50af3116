"""The kernels' own parts: where compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

numba = pytest.importorskip("numba")

from recurra.kernels import compiled  # noqa: E402 - needs Numba

COMPILE = """
from recurra.kernels.compiled import kernels_of
kernels_of("training.simple_rnn")
"""


def compile_in(cache: Path) -> str:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_kernels_are_compiled_once_and_say_so(tmp_path: Path) -> None:
    assert compile_in(tmp_path).startswith("Compiled the training.simple_rnn kernels in ")
    assert compile_in(tmp_path) == ""
    assert len(list(tmp_path.rglob("*.nbc"))) == 2


def test_where_nothing_is_writable_they_are_compiled_in_memory(tmp_path: Path) -> None:
    """A file stands where the folder should be, which stops the superuser, too."""
    (tmp_path / "recurra").write_text("")
    said = compile_in(tmp_path)
    assert said.count("\n") == 1
    assert "no folder to keep them in is writable" in said
    assert list(tmp_path.rglob("*.nbc")) == []


def test_the_folder_hangs_on_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for source in Path(compiled.__file__).parent.glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    folders = {compiled._cache_folder()}
    for source in sorted(tmp_path.glob("*.py")):
        with source.open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        folders.add(compiled._cache_folder())
    assert None not in folders
    assert len(folders) == len(list(tmp_path.glob("*.py"))) + 1
