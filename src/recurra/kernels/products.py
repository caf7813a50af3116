"""Products of documents' rows with a matrix, several documents and columns at once."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.types.containers import UniTuple
from numba.extending import intrinsic

from recurra.kernels.panels import BLOCK
from recurra.kernels.vectors import (
    FLOAT,
    LANES,
    VECTOR,
    fused,
    load,
    pointer_to,
    store,
    vector,
)

__all__ = ["TILE", "add_product", "multiplied"]

# Documents that share every load of a weight. With 4 vectors of columns that is 16 sums in registers, enough to keep
# two multiply-add units busy, and 8 loads for 16 multiply-adds.
TILE = 4


@intrinsic
def multiplied(typing_context: Any, sums: Any, rows: Any, matrix: Any, row: Any, step: Any, count: Any) -> Any:
    """sums[d·V + v] + Σ_k rows[d][k] · matrix[k][v·step : v·step + 8], for k from 0 to count, in that order.

    Args:
        typing_context: Numba's.
        sums: D·V vectors.
        rows: D addresses of float32 numbers.
        matrix: address of the first number of the first column vector.
        row: bytes from one row of the matrix to the next.
        step: bytes from one vector of columns to the next.
        count: rows of the matrix to multiply; a multiple of 2 and not 0.
    """
    # The arguments are types here, and tuples of a fixed length among them.
    documents = len(rows)
    columns = len(sums) // documents
    unrolled = 2

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        first, addresses, matrix, row, step, count = arguments
        sums = cgutils.unpack_tuple(builder, first)
        addresses = cgutils.unpack_tuple(builder, addresses)
        end = builder.add(matrix, builder.mul(row, count))
        before = builder.block
        loop = builder.append_basic_block("product")
        after = builder.append_basic_block("product.end")
        builder.branch(loop)
        builder.position_at_end(loop)
        at = builder.phi(word)
        at.add_incoming(matrix, before)
        offset = builder.phi(word)
        offset.add_incoming(word(0), before)
        running = []
        for value in sums:
            phi = builder.phi(VECTOR)
            phi.add_incoming(value, before)
            running.append(phi)
        now: list[Any] = list(running)
        here = at
        for k in range(unrolled):
            weights = []
            for v in range(columns):
                weight = builder.load(pointer_to(builder, builder.add(here, builder.mul(step, word(v))), VECTOR))
                weight.align = 4
                weights.append(weight)
            for d, address in enumerate(addresses):
                place = builder.add(builder.add(address, offset), word(4 * k))
                number = builder.load(pointer_to(builder, place, FLOAT))
                spread = _spread(builder, number)
                for v, weight in enumerate(weights):
                    now[d * columns + v] = fused(builder, spread, weight, now[d * columns + v])
            here = builder.add(here, row)
        following = builder.add(offset, word(4 * unrolled))
        for phi, value in zip(running, now, strict=True):
            phi.add_incoming(value, loop)
        at.add_incoming(here, loop)
        offset.add_incoming(following, loop)
        builder.cbranch(builder.icmp_unsigned("<", here, end), loop, after)
        builder.position_at_end(after)
        return context.make_tuple(builder, signature.return_type, now)

    kind = UniTuple(vector, documents * columns)
    words = types.int64
    return kind(kind, UniTuple(words, documents), words, words, words, words), code


def _spread(builder: Any, number: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


@njit
def add_product(
    sums: int, sum_row: int, rows: int, row: int, first: int, stop: int, panels: int, width: int, count: int
) -> None:
    """sums[d] += rows[d] @ matrix for the documents from first to stop.

    Args:
        sums: address of float32 [·, width].
        sum_row: bytes from one row of it to the next.
        rows: address of float32 [·, count].
        row: bytes from one row of it to the next.
        first: first document.
        stop: the document after the last.
        panels: address of the matrix, [count, width], as :mod:`recurra.kernels.panels` lays it out.
        width: columns, a multiple of 8.
        count: rows of the matrix, even.
    """
    line = 4 * width
    for block in range(0, count, BLOCK):
        length = min(BLOCK, count - block)
        here, x = panels + line * block, rows + 4 * block
        for u in range(0, line - line % 128, 128):
            d = first
            while stop - d > 2:
                # A tile that reaches over the end computes its last document twice, and stores the same numbers.
                _tile(sums + u, sum_row, x, row, d, d + 1, d + 2, min(d + 3, stop - 1), here + u * length, length)
                d += TILE
            if d < stop:
                _half_tile(sums + u, sum_row, x, row, d, stop - 1, here + u * length, length)
        for u in range(line - line % 128, line, 32):
            for d in range(first, stop, TILE):
                _thin_tile(
                    sums + u, sum_row, x, row, d, min(d + 1, stop - 1), min(d + 2, stop - 1), min(d + 3, stop - 1),
                    here + u * length, length,
                )  # fmt: skip


@njit
def _tile(
    sums: int, sum_row: int, rows: int, row: int, d: int, d1: int, d2: int, d3: int, panel: int, count: int
) -> None:
    """Four documents and 32 columns."""
    a, b, c, e = sums + sum_row * d, sums + sum_row * d1, sums + sum_row * d2, sums + sum_row * d3
    x = (rows + row * d, rows + row * d1, rows + row * d2, rows + row * d3)
    s = multiplied((*_load4(a), *_load4(b), *_load4(c), *_load4(e)), x, panel, 128, 32, count)
    _store4(a, s[0], s[1], s[2], s[3])
    _store4(b, s[4], s[5], s[6], s[7])
    _store4(c, s[8], s[9], s[10], s[11])
    _store4(e, s[12], s[13], s[14], s[15])


@njit
def _half_tile(sums: int, sum_row: int, rows: int, row: int, d: int, d1: int, panel: int, count: int) -> None:
    """Two documents, or one twice, and 32 columns: at the end of most batches no more are left."""
    a, b = sums + sum_row * d, sums + sum_row * d1
    s = multiplied((*_load4(a), *_load4(b)), (rows + row * d, rows + row * d1), panel, 128, 32, count)
    _store4(a, s[0], s[1], s[2], s[3])
    _store4(b, s[4], s[5], s[6], s[7])


@njit
def _thin_tile(
    sums: int, sum_row: int, rows: int, row: int, d: int, d1: int, d2: int, d3: int, panel: int, count: int
) -> None:
    """Four documents and eight columns."""
    a, b, c, e = sums + sum_row * d, sums + sum_row * d1, sums + sum_row * d2, sums + sum_row * d3
    x = (rows + row * d, rows + row * d1, rows + row * d2, rows + row * d3)
    s = multiplied((load(a), load(b), load(c), load(e)), x, panel, 32, 32, count)
    store(a, s[0])
    store(b, s[1])
    store(c, s[2])
    store(e, s[3])


@njit
def _load4(address: int) -> tuple[Any, Any, Any, Any]:
    return load(address), load(address + 32), load(address + 64), load(address + 96)


@njit
def _store4(address: int, a: Any, b: Any, c: Any, d: Any) -> None:
    store(address, a)
    store(address + 32, b)
    store(address + 64, c)
    store(address + 96, d)
