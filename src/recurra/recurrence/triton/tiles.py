"""Loads, stores and multiplies tiles of [documents, units]; finds the rows of a step.

Every array of a layer is [R, D, width]: its *line* row · D + direction begins at line · width. Lines are 64-bit: a long
batch of a wide layer has more than 2³¹ numbers.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = [
    "convert_layout",
    "dot",
    "is_active",
    "line_of",
    "load_gates",
    "load_tile",
    "step_at",
    "step_start",
    "store_gates",
    "store_tile",
    "zero_spare_rows",
]


@triton.jit
def step_at(s, longest, backwards):
    """The step that is read s-th; negative or beyond the last one if there is none."""
    return tl.where(backwards, longest - 1 - s, s)


@triton.jit
def step_start(starts, t, longest):
    """The first row of step t."""
    return tl.load(starts + t, mask=(t >= 0) & (t < longest), other=0)


@triton.jit
def line_of(start, k):
    """The line of each document of the block at the step that begins at this row, in the program's direction."""
    return (start + k).to(tl.int64) * tl.num_programs(1) + tl.program_id(1)


@triton.jit
def is_active(t, length):
    """Which documents have a word at step t."""
    return (t >= 0) & (t < length)


@triton.jit
def load_tile(pointer, line, u, mask, width):
    """[documents, units] of the lines' columns u, zero where masked."""
    return tl.load(pointer + line[:, None] * width + u[None, :], mask=mask, other=0.0)


@triton.jit
def store_tile(pointer, line, u, tile, mask, width):
    """Stores a tile in the array's precision."""
    tl.store(pointer + line[:, None] * width + u[None, :], tile, mask=mask)


@triton.jit
def load_gates(pointer, line, u, mask, G: tl.constexpr, H: tl.constexpr):
    """Loads a tile for each gate."""
    tiles = ()
    for g in tl.static_range(G):
        tiles = tiles + (load_tile(pointer, line, g * H + u, mask, G * H),)  # noqa: RUF005
    return tiles


@triton.jit
def store_gates(pointer, line, u, tiles, mask, G: tl.constexpr, H: tl.constexpr):
    """Stores a tile for each gate."""
    for g in tl.static_range(G):
        store_tile(pointer, line, g * H + u, tiles[g], mask, G * H)


@triton.jit
def dot(left, right, total, PRODUCTS: tl.constexpr):
    """``total`` + left · right, accumulated in float32."""
    if PRODUCTS == "bf16":
        return tl.dot(left.to(tl.bfloat16), right.to(tl.bfloat16), total)
    else:
        return tl.dot(left, right, total, input_precision=PRODUCTS)


@triton.jit
def convert_layout(tile, PRODUCTS: tl.constexpr):
    """The same tile in the layout of loads and stores instead of that of the matrix unit.

    The compiler would otherwise convert every operand that meets a product to the matrix unit's layout, and back for
    every store, each time through shared memory with two barriers: 56 in an LSTM's backward step. A gather of every
    column from its own index ends that layout right after the product, and 26 are left. Forward, where every gate is a
    product, it does not pay.
    """
    if PRODUCTS == "ieee":
        return tile
    else:
        columns = tl.arange(0, tile.shape[1])[None, :]
        return tl.gather(tile, tl.broadcast_to(columns, tile.shape), axis=1)


@triton.jit
def zero_spare_rows(pointer, first, rows, WIDTH: tl.constexpr, COLUMNS: tl.constexpr, BLOCK: tl.constexpr):
    """Writes zeros to the rows beyond the last token: the weights' gradients are products over all rows.

    The programs share those rows; if there are none, it does nothing.
    """
    u = tl.arange(0, COLUMNS)
    for row in range(first + tl.program_id(0) * BLOCK, rows, tl.num_programs(0) * BLOCK):
        k = tl.arange(0, BLOCK)
        line = line_of(row, k)
        there = (row + k < rows)[:, None]
        for column in tl.static_range(0, WIDTH, COLUMNS):
            tile = tl.zeros([BLOCK, COLUMNS], dtype=tl.float32)
            store_tile(pointer, line, column + u, tile, there & (column + u < WIDTH)[None, :], WIDTH)
