"""Packs matrices into panels, the order in which a product reads them.

A product reads 32 columns at a time, row after row. In a row-major matrix those pieces of 128 bytes are far apart, and
rows of a kilobyte all fall into the same few sets of the L1 cache. So a matrix is first copied: into blocks of at most
128 rows, and within each block into contiguous panels of 32 columns and, at the end, of 8.
"""

from __future__ import annotations

from numba import njit

from recurra.kernels.simd import load, splat, store, transpose

__all__ = ["BLOCK", "pack_block", "pack_transposed_block", "transpose_block"]

# Rows of a block: a panel of it takes half of an L1 cache of 32 KB.
BLOCK = 128


@njit
def pack_block(matrix: int, row: int, rows: int, even: int, width: int, panels: int) -> None:
    """Copies a block into panels.

    Args:
        matrix: address of float32 [rows, width].
        row: bytes from one row of it to the next.
        rows: 128 at most.
        even: rows of the copy, an even number; those beyond ``rows`` are zeros.
        width: columns, a multiple of 8.
        panels: address of float32 [even · width], written.
    """
    for column in range(0, width, 8):
        at, line = _place(column, even, width)
        at, here = panels + at, matrix + 4 * column
        for _ in range(rows):
            store(at, load(here))
            at, here = at + line, here + row
        for _ in range(rows, even):
            store(at, splat(0.0))
            at += line


@njit
def pack_transposed_block(matrix: int, row: int, rows: int, width: int, panels: int) -> None:
    """Copies a block of a transposed matrix into panels.

    Args:
        matrix: address of float32 [width, rows]; its transpose is copied.
        row: bytes from one row of it to the next.
        rows: rows of the copy, a multiple of 8.
        width: columns of the copy, a multiple of 8.
        panels: as for :func:`pack_block`.
    """
    for column in range(0, width, 8):
        at, line = _place(column, rows, width)
        for k in range(0, rows, 8):
            transpose_block(matrix + row * column + 4 * k, row, panels + at + line * k, line)


@njit
def transpose_block(source: int, row: int, target: int, line: int) -> None:
    """Writes the transpose of an 8 × 8 block.

    Args:
        source: address of its first number.
        row: bytes from one row of the source to the next.
        target: address of the transpose's first number.
        line: bytes from one row of the target to the next.
    """
    s = transpose(
        (
            load(source), load(source + row), load(source + 2 * row), load(source + 3 * row),
            load(source + 4 * row), load(source + 5 * row), load(source + 6 * row), load(source + 7 * row),
        )
    )  # fmt: skip
    store(target, s[0])
    store(target + line, s[1])
    store(target + 2 * line, s[2])
    store(target + 3 * line, s[3])
    store(target + 4 * line, s[4])
    store(target + 5 * line, s[5])
    store(target + 6 * line, s[6])
    store(target + 7 * line, s[7])


@njit
def _place(column: int, rows: int, width: int) -> tuple[int, int]:
    """The byte offset at which a column begins in a block's panels, and the bytes of a row of its panel."""
    lanes = 32 if column < width - width % 32 else 8
    return 4 * ((column - column % lanes) * rows + column % lanes), 4 * lanes
