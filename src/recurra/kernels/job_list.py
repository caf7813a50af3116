"""Several kernels in one go, without Python in between.

A thread that comes back from a kernel needs Python's lock, and where two threads come back at the same time one of them
is put to sleep, which costs more than a small kernel. So what a thread has to do is written into an array first: job
after job, each the number of its words, the address of a kernel compiled for C, and the kernel's arguments. What
changes from batch to batch stands in a table beside it, so that the jobs need to be written only once.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from recurra.kernels.simd import integer, pointer_to

__all__ = ["run"]

# The most arguments that a kernel takes.
MAX_ARGUMENTS = 24


def run(first: int, end: int, table: int) -> None:
    """Does jobs in turn.

    Args:
        first: address of the first word.
        end: address behind the last.
        table: address of int64 numbers; an argument -1 - k stands for the k-th of them.
    """
    at = first
    while at < end:
        words = integer(at, 0)
        _call(integer(at, 1), at + 16, words - 2, table)
        at += 8 * words


@intrinsic
def _call(typing_context: Any, kernel: Any, arguments: Any, count: Any, table: Any) -> Any:
    """Calls a kernel of so many integers."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word = ir.IntType(64)
        kernel, address, count, table = given
        base, named = pointer_to(builder, address, word), pointer_to(builder, table, word)

        def argument(place: int) -> Any:
            value = builder.load(builder.gep(base, [word(place)]))
            is_name = builder.icmp_signed("<", value, word(0))
            # A number that is no name reads the table's first, and does not use it.
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
