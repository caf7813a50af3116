"""Runs a list of kernel calls (jobs) without returning to Python in between.

A thread that returns from a kernel needs Python's global interpreter lock, and where two threads return at the same
time one of them is put to sleep, which costs more than a small kernel. So a thread's jobs are first written into an
array of 64-bit words: for each job the number of its words, the address of a kernel compiled as a C function, and the
kernel's arguments. Arguments that change from batch to batch are in a separate table, so that the list needs to be
written only once.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from recurra.kernels.simd import integer, pointer_to

__all__ = ["run"]

# The most arguments that a kernel can have.
MAX_ARGUMENTS = 24


def run(first: int, end: int, table: int) -> None:
    """Runs jobs one after the other.

    Args:
        first: address of the first job's first word.
        end: address after the last word.
        table: address of an int64 array; a negative argument -1 - k stands for its k-th number.
    """
    at = first
    while at < end:
        words = integer(at, 0)
        _call(integer(at, 1), at + 16, words - 2, table)
        at += 8 * words


@intrinsic
def _call(typing_context: Any, kernel: Any, arguments: Any, count: Any, table: Any) -> Any:
    """Calls a kernel with ``count`` integers."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word = ir.IntType(64)
        kernel, address, count, table = given
        base, named = pointer_to(builder, address, word), pointer_to(builder, table, word)

        def argument(place: int) -> Any:
            value = builder.load(builder.gep(base, [word(place)]))
            is_name = builder.icmp_signed("<", value, word(0))
            # An argument that refers to no entry reads the first one, and does not use it.
            number = builder.load(builder.gep(named, [builder.select(is_name, builder.not_(value), word(0))]))
            return builder.select(is_name, number, value)

        end = builder.append_basic_block("called")
        choice = builder.switch(count, end)
        for number in range(1, MAX_ARGUMENTS + 1):
            block = builder.append_basic_block(f"call.{number}")
            choice.add_case(word(number), block)
            builder.position_at_end(block)
            kind = ir.FunctionType(ir.VoidType(), [word] * number)
            builder.call(pointer_to(builder, kernel, kind), [argument(place) for place in range(number)])
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    word = types.int64
    return types.void(word, word, word, word), code
