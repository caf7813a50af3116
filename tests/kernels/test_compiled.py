"""The kernels' own parts: how exact sigmoid and tanh are, and where compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

numba = pytest.importorskip("numba")

from recurra.kernels import activations, compiled, vectors  # noqa: E402 - needs Numba

load, store = vectors.load, vectors.store


def on_arrays(function: Callable[..., object]) -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    @numba.njit
    def run(source: int, target: int, count: int) -> None:
        for at in range(0, 4 * count, 32):
            store(target + at, function(load(source + at)))

    def applied(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        target = np.empty_like(values)
        run(values.ctypes.data, target.ctypes.data, len(values))
        return target

    return applied


def everywhere() -> npt.NDArray[np.float32]:
    """Every size of number from 1e-30 to 80, both signs, and a fine grid where the functions bend."""
    sizes = np.geomspace(1e-30, 80, 200_000)
    return np.concatenate([sizes, -sizes, np.linspace(-20, 20, 400_000)]).astype(np.float32)


@pytest.mark.parametrize(
    ("function", "exact"),
    [(activations.sigmoid, lambda x: 1 / (1 + np.exp(-x))), (activations.tanh, np.tanh)],
    ids=["sigmoid", "tanh"],
)
def test_activations_are_exact_to_the_last_digits(
    function: Callable[..., object], exact: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
) -> None:
    x = everywhere()
    found, right = on_arrays(function)(x), exact(x.astype(np.float64))
    units = np.abs(found - right) / np.spacing(np.abs(right).astype(np.float32))
    assert units.max() <= 2.5


def test_activations_saturate_and_pass_nan_on() -> None:
    x = np.array([-np.inf, -3e38, -100, 0, 100, 3e38, np.inf, np.nan], dtype=np.float32)
    np.testing.assert_allclose(on_arrays(activations.tanh)(x), np.tanh(x), rtol=0, atol=1e-7)
    # Below 1.2e-38, float32's smallest normal number, there is nothing to gain.
    np.testing.assert_allclose(on_arrays(activations.sigmoid)(x), [0, 0, 0, 0.5, 1, 1, 1, np.nan], rtol=0, atol=1e-37)


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
