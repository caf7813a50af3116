"""Reading, writing and multiplying tiles of [documents, units].

Every array of a layer is [R, D, width]: its *line* row · D + direction begins at line · width. Lines are 64-bit, for a
long batch of a wide layer has more than 2³¹ numbers.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = [
    "clear_room",
    "gate_tiles",
    "line_of",
    "place",
    "product",
    "runs_at",
    "settled",
    "start_of",
    "store_gates",
    "take",
    "write",
]


@triton.jit
def place(s, longest, backwards):
    """The step that is read s-th; below 0 or beyond the last when there is none."""
    return tl.where(backwards, longest - 1 - s, s)


@triton.jit
def start_of(starts, t, longest):
    """The first row of step t."""
    return tl.load(starts + t, mask=(t >= 0) & (t < longest), other=0)


@triton.jit
def line_of(start, k):
    """The line of each document of the block at the step that begins at this row, in the program's direction."""
    return (start + k).to(tl.int64) * tl.num_programs(1) + tl.program_id(1)


@triton.jit
def runs_at(t, length):
    """Which documents have a word at step t."""
    return (t >= 0) & (t < length)


@triton.jit
def take(pointer, line, u, mask, width):
    """[documents, units] of the lines' columns u, zero where masked."""
    return tl.load(pointer + line[:, None] * width + u[None, :], mask=mask, other=0.0)


@triton.jit
def write(pointer, line, u, tile, mask, width):
    """Stores in the array's own precision."""
    tl.store(pointer + line[:, None] * width + u[None, :], tile, mask=mask)


@triton.jit
def gate_tiles(pointer, line, u, mask, G: tl.constexpr, H: tl.constexpr):
    """A tile a gate."""
    tiles = ()
    for g in tl.static_range(G):
        tiles = tiles + (take(pointer, line, g * H + u, mask, G * H),)  # noqa: RUF005
    return tiles


@triton.jit
def store_gates(pointer, line, u, tiles, mask, G: tl.constexpr, H: tl.constexpr):
    """Stores a tile a gate."""
    for g in tl.static_range(G):
        write(pointer, line, g * H + u, tiles[g], mask, G * H)


@triton.jit
def product(left, right, total, PRODUCTS: tl.constexpr):
    """``total`` + left · right, summed up in float32."""
    if PRODUCTS == "bf16":
        return tl.dot(left.to(tl.bfloat16), right.to(tl.bfloat16), total)
    else:
        return tl.dot(left, right, total, input_precision=PRODUCTS)


@triton.jit
def settled(tile, PRODUCTS: tl.constexpr):
    """The same tile, spread over the threads as loads and stores have it and not as the matrix unit leaves it.

    The compiler would rather bring all that a product meets into the matrix unit's order, and all that is stored back,
    each time through shared memory with two barriers: 56 in an LSTM's step back. A gather of every column to its own
    place ends that order where the product ends, and 26 are left. Forward, where every gate is a product, it would not
    pay.
    """
    if PRODUCTS == "ieee":
        return tile
    else:
        columns = tl.arange(0, tile.shape[1])[None, :]
        return tl.gather(tile, tl.broadcast_to(columns, tile.shape), axis=1)


@triton.jit
def clear_room(pointer, first, rows, WIDTH: tl.constexpr, COLUMNS: tl.constexpr, BLOCK: tl.constexpr):
    """Zeros in the rows that no document has: the weights' gradients are products over all rows.

    The programs share the rows in pieces; without room there is nothing to do.
    """
    u = tl.arange(0, COLUMNS)
    for row in range(first + tl.program_id(0) * BLOCK, rows, tl.num_programs(0) * BLOCK):
        k = tl.arange(0, BLOCK)
        line = line_of(row, k)
        there = (row + k < rows)[:, None]
        for column in tl.static_range(0, WIDTH, COLUMNS):
            tile = tl.zeros([BLOCK, COLUMNS], dtype=tl.float32)
            write(pointer, line, column + u, tile, there & (column + u < WIDTH)[None, :], WIDTH)
