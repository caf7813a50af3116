"""The kernels' sigmoid and tanh, and the formulas they are brought into, against float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

numba = pytest.importorskip("numba")

from recurra.kernels import activations  # noqa: E402 - needs Numba
from recurra.kernels.inference import lstm  # noqa: E402 - needs Numba
from recurra.kernels.simd import load_wide, store  # noqa: E402 - needs Numba

Array = npt.NDArray[Any]

# Where they bend, where they saturate and beyond, what is too small to bend, and what is no number.
GATES = np.array([-np.inf, -3e38, -1e4, -40, -29, -14.5, -3, -0.7, -1e-3, 0, 1e-20, 0.3, 1.1, 9, 28.9, 50, np.inf])


def on_arrays(function: Callable[[int, int], Any], *inputs: Array) -> Array:
    """What a function of addresses makes of float32 arrays: it is given four vectors of the first, and ``row``."""

    @numba.njit
    def run(source: int, row: int, target: int) -> None:
        for at in range(0, row, 128):
            store(target + at, function(source + at, row))

    count = len(inputs[0])
    rows = np.array([np.pad(x, (0, -count % 32)) for x in inputs], dtype=np.float32)
    target = np.empty_like(rows[0])
    run(rows.ctypes.data, rows.strides[0], target.ctypes.data)
    return target[:count]


@numba.njit
def logistic(x: int, row: int) -> Any:
    return activations.sigmoid(load_wide(x))


@numba.njit
def tangent(x: int, row: int) -> Any:
    return activations.tanh(load_wide(x))


@numba.njit
def interpolation(x: int, row: int) -> Any:
    return activations.interpolate(load_wide(x), load_wide(x + row), load_wide(x + 2 * row))


@numba.njit
def cell(x: int, row: int) -> Any:
    return lstm._cells(
        load_wide(x), load_wide(x + row), load_wide(x + 2 * row), load_wide(x + 3 * row), load_wide(x + 4 * row)
    )[0]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def grid(*axes: Array) -> list[Array]:
    return [x.ravel() for x in np.meshgrid(*[np.float64(np.float32(axis)) for axis in axes], indexing="ij")]


def test_sigmoid_and_tanh_are_exact_to_the_last_digits() -> None:
    sizes = np.geomspace(1e-30, 3e38, 100_000)
    x = np.concatenate([sizes, -sizes, np.linspace(-20, 20, 400_000)]).astype(np.float32)
    right = x.astype(np.float64)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(on_arrays(logistic, x), sigmoid(right), rtol=0, atol=1.2e-7)
    # Small states keep their digits, too.
    np.testing.assert_allclose(on_arrays(tangent, x), np.tanh(right), rtol=4e-7, atol=0)


@np.errstate(over="ignore")
def test_an_lstm_cell_is_its_formula_wherever_its_gates_saturate() -> None:
    i, f, g = grid(GATES, GATES, GATES)
    for c in [-3e4, -2.0, -1e-3, 0.0, 0.4, 17.0]:
        step = i, f, g, np.zeros_like(i), np.full_like(i, np.float32(c))
        right = sigmoid(f) * step[4] + sigmoid(i) * np.tanh(g)
        np.testing.assert_allclose(on_arrays(cell, *step), right, rtol=4e-7, atol=4e-7 * max(1, abs(c) / 1e3))


@np.errstate(over="ignore")
def test_a_gru_step_is_its_formula_wherever_its_gates_saturate() -> None:
    z, h, n = grid(GATES, np.linspace(-1, 1, 9), GATES)
    right = sigmoid(z) * h + (1 - sigmoid(z)) * np.tanh(n)
    np.testing.assert_allclose(on_arrays(interpolation, z, h, n), right, rtol=0, atol=4e-7)


@pytest.mark.parametrize(
    ("function", "inputs", "read"),
    [
        (logistic, 1, [0]),
        (tangent, 1, [0]),
        (interpolation, 3, [0, 1, 2]),
        (cell, 5, [0, 1, 2, 4]),
    ],
    ids=["sigmoid", "tanh", "interpolation", "cell"],
)
def test_nan_stays_nan(function: Callable[[int, int], Any], inputs: int, read: list[int]) -> None:
    """Whatever its payload: exponents are made from a number's last bits."""
    nan = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0x7FC000FF, 0xFFFFFFFF], dtype=np.uint32).view(np.float32)
    for place in read:
        step = [np.full(len(nan), 0.5, dtype=np.float32) for _ in range(inputs)]
        step[place] = nan
        assert np.isnan(on_arrays(function, *step)).all(), place
