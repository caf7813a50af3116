"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["release_freed_memory"]


def release_freed_memory() -> None:
    """Gives back what was freed and is kept for later by the C library: after a way over millions of rows a lot.

    Does nothing where the C library has no such call, which is glibc's ``malloc_trim``.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
