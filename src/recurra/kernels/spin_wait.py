"""Waiting for another thread without going to sleep."""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from recurra.kernels.simd import pointer_to

__all__ = ["wait"]

_let_others_run = types.ExternalFunction("SwitchToThread" if os.name == "nt" else "sched_yield", types.int32())


@intrinsic
def _load_acquire(typing_context: Any, address: Any) -> Any:
    """The int64 at an address, as other threads have left it, with all that they wrote before."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(pointer_to(builder, arguments[0], ir.IntType(64)), ordering="acquire", align=8)

    return types.int64(types.int64), code


def wait(flag: int, before: int, times: int, after: int) -> None:
    """Looks at a number until it has changed, so many times at most; whoever else wants the processor may have it.

    Args:
        flag: address of int64.
        before: what it was.
        times: how often to look.
        after: how often to let others go first once it has changed: who has changed it holds Python's lock for some
            microseconds still, and a thread that asks for it meanwhile is put to sleep.
    """
    while _load_acquire(flag) == before:
        if times <= 0:
            return
        _let_others_run()
        times -= 1
    for _ in range(after):
        _let_others_run()
