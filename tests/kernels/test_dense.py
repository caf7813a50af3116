"""The products of training against NumPy in float64, and jobs that call them without Python in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.kernels.array_types import address
from recurra.kernels.compiled import addresses_of, kernels_of
from recurra.kernels.matrix_panels import BLOCK

Array = npt.NDArray[np.float32]
EIGHTS = st.integers(1, 20).map(lambda n: 8 * n)


def numbers(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(0, 1, shape).astype(np.float32)


def do(*jobs: tuple[int, ...], names: tuple[int, ...] = (0,)) -> None:
    words = np.array([word for job in jobs for word in (1 + len(job), *job)], dtype=np.int64)
    table = np.array(names, dtype=np.int64)
    kernels_of("job_list").run(address(words), address(words) + words.nbytes, address(table))


@given(rows=st.integers(0, 150), size=EIGHTS, width=EIGHTS, bias=st.booleans(), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_affine_is_a_product_and_a_bias(rows: int, size: int, width: int, bias: bool, seed: int) -> None:
    rng, dense = np.random.default_rng(seed), addresses_of("training.dense")
    x, W, b = numbers(rng, rows, size), numbers(rng, size, width), numbers(rng, width)
    panels, found = np.full(W.size, np.nan, dtype=np.float32), np.full((rows, width), np.nan, dtype=np.float32)
    do(
        (dense.pack_panels, address(W), 4 * width, size, width, address(panels)),
        (
            dense.affine, 0, rows, address(x), 4 * size, size, address(panels), address(b) if bias else 0, width,
            address(found), 4 * width,
        ),
    )  # fmt: skip
    expected = x.astype(np.float64) @ W + (b if bias else 0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.sqrt(size))


@given(size=EIGHTS, width=EIGHTS, seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_transposed_panels_are_the_panels_of_the_transpose(size: int, width: int, seed: int) -> None:
    dense, W = addresses_of("training.dense"), numbers(np.random.default_rng(seed), width, size)
    turned, plain = np.empty(W.size, dtype=np.float32), np.empty(W.size, dtype=np.float32)
    transpose = np.ascontiguousarray(W.T)
    do(
        (dense.pack_transposed_panels, address(W), 4 * size, size, width, address(turned)),
        (dense.pack_panels, address(transpose), 4 * width, size, width, address(plain)),
    )
    assert np.array_equal(turned, plain)


@given(rows=st.integers(0, 300), size=EIGHTS, width=EIGHTS, wider=st.booleans(), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_the_gradient_of_weights(rows: int, size: int, width: int, wider: bool, seed: int) -> None:
    """Of any number of rows, odd ones too; the gradient may be columns of a wider array, whose others stay."""
    rng, dense = np.random.default_rng(seed), addresses_of("training.dense")
    more = 8 if wider else 0
    x, d_outputs = numbers(rng, rows, size), numbers(rng, rows, width + more)
    gradient = np.full((size, width + more), 7, dtype=np.float32)
    scratch = np.full(BLOCK * (size + width), np.nan, dtype=np.float32)
    line = 4 * (width + more)
    do(
        (
            dense.weight_gradient, address(x), 4 * size, size, address(d_outputs), line, rows, width, address(gradient),
            line, address(scratch),
        )
    )  # fmt: skip
    expected = x.astype(np.float64).T @ d_outputs[:, :width]
    np.testing.assert_allclose(gradient[:, :width], expected, rtol=0, atol=2e-5 * np.sqrt(rows + 1))
    assert (gradient[:, width:] == 7).all()


def test_rows_are_added_up_by_place_copied_and_cleared() -> None:
    rng, dense = np.random.default_rng(0), addresses_of("training.dense")
    rows, width = 50, 24
    places, given_rows = rng.integers(0, 6, rows), numbers(rng, rows, width)
    sums, copied = np.full((6, width), np.nan, dtype=np.float32), np.zeros((rows, 2 * width), dtype=np.float32)
    cleared = np.ones(16, dtype=np.float32)
    do(
        (dense.segment_sum, rows, address(places), address(given_rows), width, address(sums), 6),
        (dense.copy, rows, address(given_rows), 4 * width, address(copied) + 4 * width, 8 * width, width),
        (dense.add, rows, address(copied) + 4 * width, 8 * width, address(given_rows), 4 * width, width),
        (dense.clear, address(cleared), 8),
    )
    expected = np.zeros((6, width))
    np.add.at(expected, places, given_rows)
    np.testing.assert_allclose(sums, expected, rtol=0, atol=1e-5)
    assert np.array_equal(copied[:, width:], 2 * given_rows)
    assert not copied[:, :width].any()
    assert cleared.tolist() == [0] * 8 + [1] * 8


def test_a_job_may_name_numbers_of_the_table() -> None:
    dense, array = addresses_of("training.dense"), np.ones(32, dtype=np.float32)
    do((dense.clear, -2, -1), names=(16, address(array)))
    assert array.tolist() == [0] * 16 + [1] * 16


@pytest.mark.parametrize(("batch", "pooled", "classes"), [(1, 3, 2), (7, 16, 4), (5, 33, 77)])
def test_the_output_layer_and_its_gradient(batch: int, pooled: int, classes: int) -> None:
    rng, kernels = np.random.default_rng(1), kernels_of("training.output")
    values, W, b = numbers(rng, batch, pooled), numbers(rng, pooled, classes), numbers(rng, classes)
    logits, d_logits = np.empty((batch, classes), dtype=np.float32), numbers(rng, batch, classes)
    kernels.output(values, W, b, logits)
    np.testing.assert_allclose(logits, values.astype(np.float64) @ W + b, rtol=0, atol=1e-5)
    found: list[Any] = [np.full_like(array, np.nan) for array in (W, b, values)]
    kernels.output_backward(values, d_logits, W, *found)
    exact = d_logits.astype(np.float64)
    for gradient, expected in zip(found, (values.T @ exact, exact.sum(axis=0), exact @ W.T), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 1024, 5000])
def test_the_sum_of_squares(count: int) -> None:
    array = numbers(np.random.default_rng(count), count)
    lanes, total = np.empty(8, dtype=np.float32), np.empty((1, 1))
    kernels_of("adam").sum_squares(array, lanes, total)
    assert total[0, 0] == pytest.approx(np.square(array.astype(np.float64)).sum(), rel=1e-6)
    if count:
        for value in (np.nan, np.inf):
            array[count // 2] = value
            kernels_of("adam").sum_squares(array, lanes, total)
            assert not np.isfinite(total[0, 0])
