"""AdamState that are caught up against Adam's dense rule in float64, step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from recurra.kernels.threads import run_parallel
from recurra.training.optimisers.adam_state import REST, AdamState

BETAS = (0.9, 0.999)
COUNT, WIDTH = 12, 5


def move(rows: AdamState, *arguments: Any, **settings: Any) -> None:
    run_parallel(rows.moving(*arguments, **settings))


def rate(step: int) -> float:
    """A learning rate that rises and falls, with Adam's own factors."""
    return 1e-2 * (1.2 + math.sin(step / 40)) * math.sqrt(1 - BETAS[1] ** step) / (1 - BETAS[0] ** step)


@pytest.mark.parametrize("epsilon", [1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("decay", [0.0, 1e-3])
@pytest.mark.parametrize("size", [1.0, 1e-6, 1e-9], ids=lambda size: f"gradients of {size}")
def test_rows_that_are_seldom_read_move_as_under_the_dense_rule(epsilon: float, decay: float, size: float) -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(0, 0.05, (COUNT, WIDTH))
    rows = AdamState(start.astype(np.float32), BETAS, epsilon, touched=False)
    weights, m, v = start.astype(np.float32).astype(np.float64), np.zeros_like(start), np.zeros_like(start)
    steps = 3 * REST
    for step in range(1, steps + 1):
        # Row 0 is read at every step, row 1 at every second, row 2 at every fourth, ..., row 11 never.
        read = np.array([row for row in range(COUNT - 1) if step % 2**row == 0])
        gradients = np.zeros_like(start)
        gradients[read] = size * rng.normal(size=(len(read), WIDTH)) * 10.0 ** rng.integers(-2, 2, (len(read), 1))
        factor = 1 - decay * 1e-2
        rows.catch_up(read)
        np.testing.assert_allclose(rows.weights[read], weights[read], rtol=2e-5, atol=2e-6)
        move(rows, read, gradients[read].astype(np.float32), None, scale=1.0, rate=rate(step), decay=factor)
        m, v = BETAS[0] * m + 0.1 * gradients, BETAS[1] * v + 0.001 * gradients**2
        weights = factor * weights - rate(step) * m / (np.sqrt(v) + epsilon)
    settled = rows.flushed()
    np.testing.assert_allclose(settled, weights, rtol=2e-5, atol=5e-6)
    if size > 1e-9 * epsilon:
        assert not np.array_equal(settled, rows.weights)
    rows.catch_up()
    np.testing.assert_array_equal(rows.weights, settled)
    np.testing.assert_allclose(rows.m, m, rtol=1e-3, atol=1e-6 * size)
    np.testing.assert_allclose(rows.v, v, rtol=1e-3, atol=1e-12 * size)


def test_touched_rows_alone_move_where_that_is_asked_for() -> None:
    rows = AdamState(np.ones((3, 2), dtype=np.float32), BETAS, 1e-7, touched=True)
    for step in range(1, 4):
        rows.catch_up(np.array([0]))
        move(rows, np.array([0]), np.ones((1, 2), dtype=np.float32), None, scale=1.0, rate=rate(step), decay=1.0)
    move(rows, np.array([1]), np.ones((1, 2), dtype=np.float32), None, scale=1.0, rate=rate(4), decay=1.0)
    before = rows.weights.copy()
    rows.catch_up()
    np.testing.assert_array_equal(rows.weights, before)
    assert (rows.weights[2] == 1).all()
    assert (rows.weights[:2] < 1).all()
    np.testing.assert_allclose(rows.m[1], 0.1, rtol=1e-6)


def test_gradients_are_scaled_and_squares_taken_as_given() -> None:
    rows = AdamState(np.zeros((1, 1), dtype=np.float32), BETAS, 0.5, touched=False)
    gradient, square = np.full((1, 1), 3.0, np.float32), np.full((1, 1), 40.0, np.float32)
    move(rows, np.array([0]), gradient, square, scale=0.5, rate=0.1, decay=1.0)
    assert rows.m[0, 0] == pytest.approx(0.1 * 1.5)
    assert rows.v[0, 0] == pytest.approx(0.001 * 0.25 * 40)
    assert rows.weights[0, 0] == pytest.approx(-0.1 * 0.15 / (math.sqrt(0.01) + 0.5))
