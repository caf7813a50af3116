"""SIMD vectors for Numba: eight float32 numbers in one register, or 32 as one value.

If vectorisation is left to LLVM, the speed of a loop depends on what LLVM can prove, and its rounding on how LLVM
unrolls it. Here every operation is explicit: the kernels are fast by construction, and a document's numbers do not
depend on the other documents of the batch, on its place in a block, or on the number of threads.

Addresses are plain integers: a kernel is then one compiled function, whatever the strides and owners of its arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.types.containers import UniTuple
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numba.extending import intrinsic, lower_builtin

__all__ = [
    "FLOAT",
    "LANES",
    "VECTOR",
    "broadcast",
    "fused_multiply_add",
    "integer",
    "load",
    "pointer_to",
    "splat",
    "store",
    "vector",
]

# 256 bits: what AVX2 and AVX-512VL hold in one register; NEON and SSE take two.
LANES = 8
BYTES = 4 * LANES

FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)
_INTEGERS = ir.VectorType(ir.IntType(32), LANES)


class _Vector(types.Type):
    def __init__(self, lanes: int) -> None:
        super().__init__(name=f"float32x{lanes}")
        self.lanes = lanes


@register_default(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.VectorType(FLOAT, kind.lanes))


vector = _Vector(LANES)
# Four vectors as one value: LLVM compiles an operation on it to four independent ones (or two of 512 bits). While a
# processor waits for one result of a long formula, it can work on the three others.
four_vectors = _Vector(4 * LANES)


def pointer_to(builder: Any, address: Any, kind: Any) -> Any:
    """The LLVM pointer of an integer address."""
    return builder.inttoptr(address, kind.as_pointer())


def broadcast(builder: Any, number: Any, kind: Any) -> Any:
    """A vector of the type ``kind`` with one number in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, _all(kind, 0))


def fused_multiply_add(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """X · y + z with one rounding."""
    kind = ir.FunctionType(x.type, [x.type, x.type, x.type])
    name = f"llvm.fma.v{x.type.count}f32"
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, [x, y, z])


@intrinsic
def load(typing_context: Any, address: Any) -> Any:
    """The vector at an address, which need not be aligned."""
    return vector(types.int64), lambda context, builder, signature, given: _load(builder, given[0], VECTOR)


@intrinsic
def load_wide(typing_context: Any, address: Any) -> Any:
    """The four vectors from an address on, as one value."""
    kind = ir.VectorType(FLOAT, 4 * LANES)
    return four_vectors(types.int64), lambda context, builder, signature, given: _load(builder, given[0], kind)


@intrinsic
def load_like(typing_context: Any, x: Any, address: Any) -> Any:
    """The vector at an address, as wide as x."""
    return x(x, types.int64), lambda context, builder, signature, given: _load(builder, given[1], given[0].type)


@intrinsic
def load_spaced(typing_context: Any, x: Any, address: Any, gap: Any) -> Any:
    """The vectors at an address and ``gap``, 2·``gap``, … bytes behind it, as wide as x."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        x, address, gap = given
        parts = []
        for _ in range(x.type.count // LANES):
            parts.append(_load(builder, address, VECTOR))
            address = builder.add(address, gap)
        return _joined(builder, parts) if len(parts) > 1 else parts[0]

    return x(x, types.int64, types.int64), code


@intrinsic
def store_spaced(typing_context: Any, address: Any, gap: Any, value: Any) -> Any:
    """Writes the vectors of a value where :func:`load_spaced` reads them."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        address, gap, value = given
        for first in range(0, value.type.count, LANES):
            part = builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), _places(first, LANES))
            builder.store(part, pointer_to(builder, address, VECTOR)).align = 4
            address = builder.add(address, gap)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, value), code


def _load(builder: Any, address: Any, kind: Any) -> Any:
    found = builder.load(pointer_to(builder, address, kind))
    found.align = 4
    return found


@intrinsic
def store(typing_context: Any, address: Any, value: Any) -> Any:
    """Writes one vector or four to an address."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, value = arguments
        builder.store(value, pointer_to(builder, address, value.type)).align = 4
        return context.get_dummy_value()

    return types.void(types.int64, value), code


@intrinsic
def integer(typing_context: Any, address: Any, place: Any) -> Any:
    """The int64 at an index of an array."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.gep(pointer_to(builder, arguments[0], ir.IntType(64)), [arguments[1]]))

    return types.int64(types.int64, types.int64), code


@intrinsic
def number(typing_context: Any, address: Any) -> Any:
    """The float32 at an address."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(pointer_to(builder, arguments[0], FLOAT))

    return types.float32(types.int64), code


@intrinsic
def store_number(typing_context: Any, address: Any, value: Any) -> Any:
    """Writes a float32 to an address."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[1], pointer_to(builder, arguments[0], FLOAT))
        return context.get_dummy_value()

    return types.void(types.int64, types.float32), code


@intrinsic
def splat(typing_context: Any, value: Any) -> Any:
    """A vector with one number in every lane."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return broadcast(builder, context.cast(builder, arguments[0], signature.args[0], types.float32), VECTOR)

    return vector(value), code


@intrinsic
def like(typing_context: Any, x: Any, value: Any) -> Any:
    """A vector as wide as x with one number in every lane."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.cast(builder, arguments[1], signature.args[1], types.float32)
        return broadcast(builder, number, arguments[0].type)

    return x(x, value), code


@njit
def both_widths() -> tuple[Any, Any]:
    """Zeros of both widths, for :func:`load_like`: four vectors, and one for the remainder of a row."""
    zero = splat(0.0)
    return join(zero, zero, zero, zero), zero


@intrinsic
def join(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Four vectors as one value."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _joined(builder, arguments)

    return four_vectors(vector, vector, vector, vector), code


@intrinsic
def split(typing_context: Any, x: Any) -> Any:
    """The four vectors that :func:`join` made one value of."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = [builder.shuffle_vector(arguments[0], arguments[0], _places(k * LANES, LANES)) for k in range(4)]
        return context.make_tuple(builder, signature.return_type, found)

    return UniTuple(vector, 4)(four_vectors), code


@intrinsic
def transpose_vectors(typing_context: Any, x: Any) -> Any:
    """Transposes a 4 × 4 matrix of vectors, of which each value holds a row of four."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = cgutils.unpack_tuple(builder, arguments[0])
        found = []
        for k in range(4):
            parts = [builder.shuffle_vector(one, one, _places(k * LANES, LANES)) for one in x]
            both = [builder.shuffle_vector(a, b, _places(0, 2 * LANES)) for a, b in (parts[:2], parts[2:])]
            found.append(builder.shuffle_vector(*both, _places(0, 4 * LANES)))
        return context.make_tuple(builder, signature.return_type, found)

    return UniTuple(four_vectors, 4)(UniTuple(four_vectors, 4)), code


@intrinsic
def fma(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """X · y + z with one rounding."""
    return x(x, x, x), lambda context, builder, signature, arguments: fused_multiply_add(builder, *arguments)


@intrinsic
def clamp(typing_context: Any, x: Any, bound: Any) -> Any:
    """X clamped to [-bound, bound]; NaN stays NaN."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, bound = arguments
        low = builder.fneg(bound)
        x = builder.select(builder.fcmp_ordered(">", x, bound), bound, x)
        return builder.select(builder.fcmp_ordered("<", x, low), low, x)

    return x(x, x), code


@intrinsic
def vector_max(typing_context: Any, x: Any, y: Any) -> Any:
    """The larger of x and y in each lane; NaN where y is NaN."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y = arguments
        return builder.select(builder.fcmp_ordered(">", x, y), x, y)

    return x(x, y), code


@intrinsic
def power_of_two(typing_context: Any, shifted: Any) -> Any:
    """2ⁿ from n + 1.5·2²³: the sum's last bits are n, and a shift makes them the exponent."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = arguments[0].type
        whole = ir.VectorType(ir.IntType(32), kind.count)
        bits = builder.shl(builder.bitcast(arguments[0], whole), _all(kind, 23))
        return builder.bitcast(builder.add(bits, _all(kind, 127 << 23)), kind)

    return shifted(shifted), code


def _joined(builder: Any, parts: Any) -> Any:
    """Four vectors as one value."""
    a, b, c, d = parts
    both = [builder.shuffle_vector(x, y, _places(0, 2 * LANES)) for x, y in ((a, b), (c, d))]
    return builder.shuffle_vector(*both, _places(0, 4 * LANES))


def _all(kind: Any, number: int) -> Any:
    """A constant with one integer in every lane, as wide as the type ``kind``."""
    return ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [number] * kind.count)


def _places(first: int, count: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(first, first + count)))


@intrinsic
def transpose(typing_context: Any, rows: Any) -> Any:
    """Transposes an 8 × 8 matrix of eight vectors."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows = cgutils.unpack_tuple(builder, arguments[0])
        lanes = range(LANES)
        # Vectors four apart exchange blocks of four lanes, then those two apart blocks of two, then neighbours lanes.
        for size in (4, 2, 1):
            for place in (place for place in lanes if not place & size):
                upper, lower = rows[place], rows[place + size]
                first = [lane if not lane & size else LANES + lane - size for lane in lanes]
                second = [lane + size if not lane & size else LANES + lane for lane in lanes]
                rows[place] = builder.shuffle_vector(upper, lower, ir.Constant(_INTEGERS, first))
                rows[place + size] = builder.shuffle_vector(upper, lower, ir.Constant(_INTEGERS, second))
        return context.make_tuple(builder, signature.return_type, rows)

    kind = UniTuple(vector, LANES)
    return kind(kind), code


def _define(operation: Callable[..., Any], instruction: str) -> None:
    @infer_global(operation)
    class Template(ConcreteTemplate):
        cases = [kind(kind, kind) for kind in (vector, four_vectors)]  # noqa: RUF012 - the name that Numba looks for, as it looks for it

    @lower_builtin(operation, vector, vector)
    @lower_builtin(operation, four_vectors, four_vectors)
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
