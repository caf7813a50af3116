"""Matrix products: documents' rows times a matrix in panels, several documents and columns at once."""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import njit
from numba.core import cgutils, types
from numba.core.types.containers import UniTuple
from numba.extending import intrinsic

from recurra.kernels.matrix_panels import BLOCK
from recurra.kernels.simd import FLOAT, LANES, broadcast, four_vectors, fused_multiply_add, pointer_to, vector

__all__ = ["add_panel", "add_product", "multiply_add"]

# Vectors of eight sums that fit into the registers beside the numbers they are made of. A sum that does not fit is
# spilled to memory at every step, which costs half of the speed. With AVX-512 there are 32 registers of 512 bits; AVX2
# has 16 of 256, and NEON 32 of 128.
_WIDE = bool(binding.get_host_cpu_features().get("avx512f"))
_SUMS = 32 if _WIDE else 12
_WORD = ir.IntType(64)


@intrinsic
def multiply_add(typing_context: Any, sums: Any, rows: Any, matrix: Any, row: Any, step: Any, count: Any) -> Any:
    """sums[d·V + v] + Σ_k rows[d][k] · matrix[k][v·step : v·step + lanes], for k from 0 to count, in that order.

    Args:
        typing_context: Numba's.
        sums: D·V vectors.
        rows: D addresses of float32 numbers.
        matrix: address of the first number of the first column vector.
        row: bytes from one row of the matrix to the next.
        step: bytes from one vector of columns to the next.
        count: rows of the matrix to multiply; a multiple of 2 and not 0.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, addresses, matrix, row, step, count = arguments
        first, addresses = cgutils.unpack_tuple(builder, first), cgutils.unpack_tuple(builder, addresses)
        columns = len(first) // len(addresses)
        vectors = columns * first[0].type.count // LANES
        # Where the registers do not hold all sums, half of the documents go first.
        some = len(addresses) if len(addresses) * vectors <= _SUMS else len(addresses) // 2
        found = []
        for d in range(0, len(addresses), some):
            part, rows = first[d * columns : (d + some) * columns], addresses[d : d + some]
            found += _sums(builder, part, rows, matrix, row, step, count)
        return context.make_tuple(builder, signature.return_type, found)

    # The arguments are types here, and tuples of a fixed length among them.
    words = types.int64
    return sums(sums, UniTuple(words, len(rows)), words, words, words, words), code


def _sums(
    builder: Any, sums: list[Any], addresses: list[Any], matrix: Any, row: Any, step: Any, count: Any
) -> list[Any]:
    """The sums of :func:`multiply_add`, as LLVM's values."""
    columns, kind, unrolled = len(sums) // len(addresses), sums[0].type, 2
    end = builder.add(matrix, builder.mul(row, count))
    before = builder.block
    loop, after = builder.append_basic_block("product"), builder.append_basic_block("product.end")
    builder.branch(loop)
    builder.position_at_end(loop)
    at, offset = builder.phi(_WORD), builder.phi(_WORD)
    at.add_incoming(matrix, before)
    offset.add_incoming(_WORD(0), before)
    running = [builder.phi(kind) for _ in sums]
    for phi, value in zip(running, sums, strict=True):
        phi.add_incoming(value, before)
    now, here = list(running), at
    for k in range(unrolled):

        def weight(v: int, here: Any = here) -> Any:
            found = builder.load(pointer_to(builder, builder.add(here, builder.mul(step, _WORD(v))), kind))
            found.align = 4
            return found

        def number(d: int, k: int = k) -> Any:
            place = builder.add(builder.add(addresses[d], offset), _WORD(4 * k))
            return broadcast(builder, builder.load(pointer_to(builder, place, FLOAT)), kind)

        # Whichever are fewer are held in registers, the others one at a time.
        if columns < len(addresses):
            weights = [weight(v) for v in range(columns)]
            pairs = ((d, v, x, y) for d in range(len(addresses)) for x in [number(d)] for v, y in enumerate(weights))
        else:
            numbers = [number(d) for d in range(len(addresses))]
            pairs = ((d, v, x, y) for v in range(columns) for y in [weight(v)] for d, x in enumerate(numbers))
        for d, v, x, y in pairs:
            now[d * columns + v] = fused_multiply_add(builder, x, y, now[d * columns + v])
        here = builder.add(here, row)
    following = builder.add(offset, _WORD(4 * unrolled))
    for phi, value in zip(running, now, strict=True):
        phi.add_incoming(value, loop)
    at.add_incoming(here, loop)
    offset.add_incoming(following, loop)
    builder.cbranch(builder.icmp_unsigned("<", here, end), loop, after)
    builder.position_at_end(after)
    return now


def _tile(documents: int, kind: Any, columns: int) -> Any:
    """A product of ``documents`` rows with ``columns`` column vectors of the type ``kind``."""

    @intrinsic
    def add_tile(
        typing_context: Any, sums: Any, sum_row: Any, rows: Any, row: Any, d: Any, last: Any, panel: Any, count: Any
    ) -> Any:
        """sums[d] += rows[d] @ panel for the documents from d on, up to the last.

        A tile that reaches beyond the last document computes it several times, and stores the same numbers.
        """

        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            sums, sum_row, rows, row, d, last, panel, count = arguments
            here = []
            for place in range(documents):
                document = builder.add(d, _WORD(place))
                here.append(builder.select(builder.icmp_signed("<", document, last), document, last))
            targets = []
            for document in here:
                target = builder.add(sums, builder.mul(sum_row, document))
                targets += [
                    pointer_to(builder, builder.add(target, _WORD(column)), data)
                    for column in range(0, width * columns, width)
                ]
            sources = [builder.add(rows, builder.mul(row, document)) for document in here]
            before = []
            for target in targets:
                before.append(builder.load(target))
                before[-1].align = 4
            found = _sums(builder, before, sources, panel, _WORD(width * columns), _WORD(width), count)
            for target, value in zip(targets, found, strict=True):
                builder.store(value, target).align = 4
            return context.get_dummy_value()

        return types.void(*[types.int64] * 8), code

    data, width = ir.VectorType(FLOAT, kind.lanes), 4 * kind.lanes
    return add_tile


def _panel_tile(documents: int) -> Any:
    """A product with 32 columns: as one value, which LLVM makes two registers of 512 bits of, or as four."""
    return _tile(documents, four_vectors, 1) if _WIDE else _tile(documents, vector, 4)


_eight, _four, _three, _two, _one = map(_panel_tile, (8, 4, 3, 2, 1))
_thin = _tile(4, vector, 1)


@njit
def add_panel(sums: int, sum_row: int, rows: int, row: int, first: int, stop: int, panel: int, count: int) -> None:
    """sums[d] += rows[d] @ matrix for the documents from first to stop and 32 columns.

    Args:
        sums: address of float32 [·, 32].
        sum_row: bytes from one row of it to the next.
        rows: address of float32 [·, count].
        row: bytes from one row of it to the next.
        first: first document.
        stop: the document after the last.
        panel: address of the matrix, [count, 32] without gaps.
        count: rows of the matrix, even.
    """
    d = first
    if _WIDE:
        while stop - d > 4:
            _eight(sums, sum_row, rows, row, d, stop - 1, panel, count)
            d += 8
        if stop - d > 2:
            _four(sums, sum_row, rows, row, d, stop - 1, panel, count)
            d += 4
    else:
        # Four are faster as two and two.
        while stop - d > 4 or stop - d == 3:
            _three(sums, sum_row, rows, row, d, stop - 1, panel, count)
            d += 3
    while stop - d > 1:
        _two(sums, sum_row, rows, row, d, stop - 1, panel, count)
        d += 2
    # At the end of most batches one document is left.
    if d < stop:
        _one(sums, sum_row, rows, row, d, stop - 1, panel, count)


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
        panels: address of the matrix, [count, width], packed by :mod:`recurra.kernels.matrix_panels`.
        width: columns, a multiple of 8.
        count: rows of the matrix, even.
    """
    line = 4 * width
    for block in range(0, count, BLOCK):
        length = min(BLOCK, count - block)
        here, x = panels + line * block, rows + 4 * block
        for u in range(0, line - line % 128, 128):
            add_panel(sums + u, sum_row, x, row, first, stop, here + u * length, length)
        for u in range(line - line % 128, line, 32):
            for d in range(first, stop, 4):
                _thin(sums + u, sum_row, x, row, d, stop - 1, here + u * length, length)
