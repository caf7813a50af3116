"""Products of many rows with a matrix."""

from __future__ import annotations

from recurra.kernels.products import multiplied
from recurra.kernels.vectors import load, store

__all__ = ["affine"]


def affine(
    first: int, end: int, inputs: int, input_row: int, size: int, W: int, b: int, columns: int, outputs: int,
    output_row: int,
) -> None:  # fmt: skip
    """outputs[n] = inputs[n] @ W + b for the rows from first to end.

    Args:
        first: the first row.
        end: the row behind the last.
        inputs: address of float32 rows.
        input_row: bytes from one to the next.
        size: numbers of a row, a multiple of 2.
        W: address of float32 panels of 32 columns, each [size, 32] without gaps.
        b: address of float32 [columns].
        columns: a multiple of 32.
        outputs: address of float32 rows, written.
        output_row: bytes from one to the next.
    """
    for panel in range(0, 4 * columns, 128):
        here = W + panel * size
        b0, b1, b2, b3 = load(b + panel), load(b + panel + 32), load(b + panel + 64), load(b + panel + 96)
        for n in range(first, end, 4):
            # A tile that reaches over the end computes its last row again, and stores the same numbers.
            n1, n2, n3 = min(n + 1, end - 1), min(n + 2, end - 1), min(n + 3, end - 1)
            s = multiplied(
                (b0, b1, b2, b3, b0, b1, b2, b3, b0, b1, b2, b3, b0, b1, b2, b3),
                (
                    inputs + input_row * n, inputs + input_row * n1, inputs + input_row * n2, inputs + input_row * n3,
                ),
                here, 128, 32, size,
            )  # fmt: skip
            a, c = outputs + output_row * n + panel, outputs + output_row * n1 + panel
            e, g = outputs + output_row * n2 + panel, outputs + output_row * n3 + panel
            store(a, s[0])
            store(a + 32, s[1])
            store(a + 64, s[2])
            store(a + 96, s[3])
            store(c, s[4])
            store(c + 32, s[5])
            store(c + 64, s[6])
            store(c + 96, s[7])
            store(e, s[8])
            store(e + 32, s[9])
            store(e + 64, s[10])
            store(e + 96, s[11])
            store(g, s[12])
            store(g + 32, s[13])
            store(g + 64, s[14])
            store(g + 96, s[15])
