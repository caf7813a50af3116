"""The kernels' own parts: where compiled kernels are kept."""

from __future__ import annotations

import os
import shutil
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


def test_a_change_of_any_source_in_whichever_folder_gives_another_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "kernels"
    shutil.copytree(Path(compiled.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    sources = sorted(package.rglob("*.py"))
    # Kernels lie in folders of their own, and those call what lies above them.
    assert {"kernels", "inference", "training"} <= {source.parent.name for source in sources}
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))
    # A process reads the sources once.
    monkeypatch.setattr(compiled, "_digest", compiled._digest.__wrapped__)
    before = compiled._cache_folder()
    assert before is not None
    for source in sources:
        content = source.read_bytes()
        source.write_bytes(content + b"# changed\n")
        assert compiled._cache_folder() not in {before, None}, source.relative_to(package)
        source.write_bytes(content)
        assert compiled._cache_folder() == before
    (package / "training" / "of_a_new_cell.py").write_text("kernel = 1\n")
    assert compiled._cache_folder() not in {before, None}
