"""Recurrent layers on a GPU: Triton kernels, and the functions that launch them. Importing it needs Triton."""

from recurra.recurrence.triton.autograd import layer
from recurra.recurrence.triton.layout import Layout

__all__ = ["Layout", "layer"]
