"""Dense layers: products of many rows with a matrix, plus a bias."""

from __future__ import annotations

from recurra.kernels.matrix_products import add_panel
from recurra.kernels.simd import load_wide, store

__all__ = ["affine"]

# Rows that are initialised with the bias before their products: few enough to stay in the L1 cache.
ROWS = 32


def affine(
    first: int, end: int, inputs: int, input_row: int, size: int, W: int, b: int, columns: int, outputs: int,
    output_row: int,
) -> None:  # fmt: skip
    """outputs[n] = inputs[n] @ W + b for the rows from first to end.

    Args:
        first: the first row.
        end: the row after the last one.
        inputs: address of float32 rows.
        input_row: bytes from one row to the next.
        size: numbers of a row, a multiple of 2.
        W: address of float32 panels of 32 columns, each [size, 32] without gaps.
        b: address of float32 [columns].
        columns: a multiple of 32.
        outputs: address of float32 rows, written.
        output_row: bytes from one row to the next.
    """
    for panel in range(0, 4 * columns, 128):
        bias = load_wide(b + panel)
        for start in range(first, end, ROWS):
            stop = min(start + ROWS, end)
            for n in range(start, stop):
                store(outputs + output_row * n + panel, bias)
            add_panel(outputs + panel, output_row, inputs, input_row, start, stop, W + panel * size, size)
