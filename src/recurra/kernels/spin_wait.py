"""Waits for another thread without going to sleep (a spin lock that yields)."""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from recurra.kernels.simd import pointer_to

__all__ = ["wait"]

_yield_processor = types.ExternalFunction("SwitchToThread" if os.name == "nt" else "sched_yield", types.int32())


@intrinsic
def _load_acquire(typing_context: Any, address: Any) -> Any:
    """The int64 at an address, read atomically: what other threads wrote before it is visible afterwards."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(pointer_to(builder, arguments[0], ir.IntType(64)), ordering="acquire", align=8)

    return types.int64(types.int64), code


def wait(flag: int, before: int, times: int, after: int) -> None:
    """Reads a number until it has changed, a limited number of times; yields the processor in between.

    Args:
        flag: address of int64.
        before: its old value.
        times: how often to read it at most.
        after: how often to yield once it has changed: the thread that changed it still holds Python's global
            interpreter lock for some microseconds, and a thread that asks for it meanwhile is put to sleep.
    """
    while _load_acquire(flag) == before:
        if times <= 0:
            return
        _yield_processor()
        times -= 1
    for _ in range(after):
        _yield_processor()
