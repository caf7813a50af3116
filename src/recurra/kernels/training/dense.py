"""Dense products of a layer over all its rows: packing of matrices, affine maps, gradients of weights."""

from __future__ import annotations

import numpy as np

from recurra.kernels.matrix_panels import BLOCK, pack_block, pack_transposed_block, transpose_block
from recurra.kernels.matrix_products import add_product
from recurra.kernels.simd import integer, load, number, splat, store, store_number

__all__ = ["add", "affine", "clear", "copy", "pack_panels", "pack_transposed_panels", "segment_sum", "weight_gradient"]

# Rows that a product computes at once: their sums stay in the L2 cache from one block of the matrix to the next.
ROWS = 64


def pack_panels(matrix: int, row: int, count: int, width: int, written: int) -> None:
    """Packs a matrix into panels for :func:`recurra.kernels.matrix_products.add_product`.

    Args:
        matrix: address of float32 [count, width].
        row: bytes from one row of it to the next.
        count: its rows, an even number.
        width: its columns, a multiple of 8.
        written: address of count·width numbers.
    """
    for block in range(0, count, BLOCK):
        rows = min(BLOCK, count - block)
        pack_block(matrix + row * block, row, rows, rows, width, written + 4 * width * block)


def pack_transposed_panels(matrix: int, row: int, count: int, width: int, written: int) -> None:
    """Packs the transpose of a matrix into panels.

    Args:
        matrix: address of float32 [width, count].
        row: bytes from one row of it to the next.
        count: rows of the transpose, a multiple of 8.
        width: columns of the transpose, a multiple of 8.
        written: address of count·width numbers.
    """
    for block in range(0, count, BLOCK):
        pack_transposed_block(matrix + 4 * block, row, min(BLOCK, count - block), width, written + 4 * width * block)


def affine(
    first: int, end: int, inputs: int, input_row: int, size: int, W: int, b: int, width: int, outputs: int,
    output_row: int,
) -> None:  # fmt: skip
    """outputs[n] = inputs[n] @ W + b for the rows from first to end.

    Args:
        first: the first row.
        end: the row after the last.
        inputs: address of float32 rows.
        input_row: bytes from one row to the next.
        size: numbers of a row that are read, even.
        W: address of the panels of [size, width].
        b: address of float32 [width], or 0 for zeros.
        width: a multiple of 8.
        outputs: address of float32 rows, written.
        output_row: bytes from one row to the next.
    """
    for start in range(first, end, ROWS):
        stop = min(start + ROWS, end)
        for n in range(start, stop):
            for u in range(0, 4 * width, 32):
                store(outputs + output_row * n + u, load(b + u) if b else splat(0.0))
        add_product(outputs, output_row, inputs, input_row, start, stop, W, width, size)


def weight_gradient(
    inputs: int, input_row: int, size: int, d_outputs: int, d_output_row: int, rows: int, width: int, gradient: int,
    gradient_row: int, scratch: int,
) -> None:  # fmt: skip
    """Gradient = inputsᵀ @ d_outputs.

    Args:
        inputs: address of float32 [rows, size].
        input_row: bytes from one row of it to the next.
        size: I, a multiple of 8.
        d_outputs: address of float32 [rows, width].
        d_output_row: bytes from one row of it to the next.
        rows: N.
        width: a multiple of 8.
        gradient: address of float32 [size, width], written.
        gradient_row: bytes from one row of it to the next.
        scratch: address of 128·(size + width) numbers, scratch memory.
    """
    block = scratch + 4 * BLOCK * size
    for k in range(size):
        for u in range(0, 4 * width, 32):
            store(gradient + gradient_row * k + u, splat(0.0))
    for start in range(0, rows, BLOCK):
        length = min(BLOCK, rows - start)
        even = length + length % 2
        whole = length - length % 8
        for k in range(0, size, 8):
            at, here = scratch + 4 * even * k, inputs + input_row * start + 4 * k
            for n in range(0, whole, 8):
                transpose_block(here + input_row * n, input_row, at + 4 * n, 4 * even)
            for n in range(whole, even):
                for lane in range(8):
                    value = number(here + input_row * n + 4 * lane) if n < length else np.float32(0.0)
                    store_number(at + 4 * (even * lane + n), value)
        pack_block(d_outputs + d_output_row * start, d_output_row, length, even, width, block)
        add_product(gradient, gradient_row, scratch, 4 * even, 0, size, block, width, even)


def add(rows: int, sums: int, sum_row: int, numbers: int, number_row: int, width: int) -> None:
    """Sums += numbers.

    Args:
        rows: how many.
        sums: address of float32 rows, changed.
        sum_row: bytes from one row to the next.
        numbers: address of float32 rows.
        number_row: bytes from one row to the next.
        width: numbers of a row, a multiple of 8.
    """
    for n in range(rows):
        for u in range(0, 4 * width, 32):
            at = sums + sum_row * n + u
            store(at, load(at) + load(numbers + number_row * n + u))


def clear(numbers: int, count: int) -> None:
    """Sets numbers to zero.

    Args:
        numbers: address of float32.
        count: how many, a multiple of 8.
    """
    for at in range(numbers, numbers + 4 * count, 32):
        store(at, splat(0.0))


def copy(rows: int, numbers: int, row: int, target: int, target_row: int, width: int) -> None:
    """Copies rows.

    Args:
        rows: how many.
        numbers: address of float32 rows.
        row: bytes from one row to the next.
        target: address of float32 rows, written.
        target_row: bytes from one row to the next.
        width: numbers of a row, a multiple of 8.
    """
    for n in range(rows):
        for u in range(0, 4 * width, 32):
            store(target + target_row * n + u, load(numbers + row * n + u))


def segment_sum(rows: int, places: int, numbers: int, width: int, sums: int, count: int) -> None:
    """Segment sum: adds up the rows of each segment.

    Args:
        rows: N.
        places: address of int64[N], the segment of each row.
        numbers: address of float32 [N, width].
        width: a multiple of 8.
        sums: address of float32 [count, width], written.
        count: the number of segments.
    """
    for at in range(sums, sums + 4 * width * count, 32):
        store(at, splat(0.0))
    for n in range(rows):
        target, source = sums + 4 * width * integer(places, n), numbers + 4 * width * n
        for u in range(0, 4 * width, 32):
            store(target + u, load(target + u) + load(source + u))
