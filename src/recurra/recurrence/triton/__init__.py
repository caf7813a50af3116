"""Recurrent layers on a GPU: Triton kernels, and what launches them. Only machines with Triton can import it."""

from recurra.recurrence.triton.function import layer
from recurra.recurrence.triton.layout import Layout

__all__ = ["Layout", "layer"]
