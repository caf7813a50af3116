"""Initial weights follow Keras's rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from models.networks import CELLS, JOINED

from recurra.cells import CELLS as FORMULAS
from recurra.networks.initial import glorot_uniform, initial_weights, orthogonal
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import weight_shapes


@pytest.mark.parametrize("shape", [(6, 24), (24, 6), (9, 9), (1, 4)])
def test_orthogonal_has_an_orthonormal_shorter_side(shape: tuple[int, int]) -> None:
    matrix = orthogonal(shape, np.random.default_rng(0)).astype(np.float64)
    assert matrix.shape == shape
    short = matrix @ matrix.T if shape[0] <= shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(short, np.eye(min(shape)), atol=1e-6)


def test_orthogonal_draws_are_uniform() -> None:
    """QR alone would give the first number the same sign every time."""
    rng = np.random.default_rng(0)
    first = np.array([orthogonal((3, 3), rng)[0, 0] for _ in range(400)])
    assert 0.4 < (first > 0).mean() < 0.6
    # A coordinate of a point on the sphere in three dimensions is uniform in [-1, 1].
    assert abs(np.mean(first**2) - 1 / 3) < 0.04


def test_glorot_fills_its_limits_evenly() -> None:
    limit = math.sqrt(6 / (30 + 90))
    matrix = glorot_uniform((30, 90), np.random.default_rng(0))
    assert 0.99 * limit < np.abs(matrix).max() <= limit
    assert abs(matrix.mean()) < 0.02 * limit
    assert abs(np.mean(matrix**2) / (limit**2 / 3) - 1) < 0.05


@pytest.mark.parametrize("cell", CELLS)
def test_every_weight_follows_its_rule(cell: str) -> None:
    settings = NetworkSettings(cell=cell, hidden=6, embedding=40, layers=2, bidirectional=True, pooling=JOINED)
    weights = initial_weights(settings, rows=50, classes=3, seed=0)
    assert {name: weight.shape for name, weight in weights.items()} == weight_shapes(settings, rows=50, classes=3)
    assert all(weight.dtype == np.float32 for weight in weights.values())
    gates = len(FORMULAS[cell].gates)
    for name, weight in weights.items():
        end = name.split(".")[-1]
        if name == "embedding":
            assert 0.0495 < np.abs(weight).max() <= 0.05
        elif end == "W_H" and FORMULAS[cell].recurrent_weights:
            # Drawn for the fused matrix: its rows are orthonormal, its blocks are not.
            np.testing.assert_allclose(weight @ weight.T, np.eye(6), atol=1e-5)
            assert gates == 1 or np.abs(weight[:, :6] @ weight[:, :6].T - np.eye(6)).max() > 0.1
        elif end in {"W_I", "W_H", "W", "v", "W_O"}:
            limit = math.sqrt(6 / (weight.shape[0] + (weight.shape[1] if weight.ndim == 2 else 1)))
            assert 0.5 * limit < np.abs(weight).max() <= limit
        elif end == "b" and cell == "lstm" and name.startswith("layers."):
            assert weight.tolist() == [0] * 6 + [1] * 6 + [0] * 12
        elif end == "b" and cell == "min_lstm" and name.startswith("layers."):
            assert weight.tolist() == [0] * 6 + [1] * 6 + [0] * 6
        else:
            assert end in {"b", "b_H", "b_O"}
            assert not weight.any()


def test_the_seed_chooses_the_weights() -> None:
    settings = NetworkSettings(hidden=4, embedding=4)
    first, same, other = (initial_weights(settings, rows=9, classes=2, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not np.array_equal(first["embedding"], other["embedding"])
    assert not np.array_equal(first["W_O"], other["W_O"])
