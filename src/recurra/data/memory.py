"""Returns freed memory to the operating system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["release_freed_memory"]


def release_freed_memory() -> None:
    """Returns memory that was freed but is still held by the C library: a lot after a pass over millions of rows.

    Calls glibc's ``malloc_trim``; does nothing with other C libraries.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
