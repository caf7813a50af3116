"""Types of the arrays that kernels take, which :mod:`.compiled` looks up by name, and addresses of arrays."""

from __future__ import annotations

import ctypes
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Bytes", "Doubles", "Grid", "Ids", "Matrix", "Numbers", "Places", "ReadBytes", "ReadIds", "ReadPlaces",
    "ReadShortIds", "address",
]  # fmt: skip

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ids: TypeAlias = npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.float32]
Matrix: TypeAlias = npt.NDArray[np.float32]
Doubles: TypeAlias = npt.NDArray[np.float64]
Grid: TypeAlias = npt.NDArray[np.int64]
# The same arrays, but they may be read-only.
ReadBytes: TypeAlias = Bytes
ReadIds: TypeAlias = Ids
ReadPlaces: TypeAlias = Places
ReadShortIds: TypeAlias = npt.NDArray[np.uint16]


def address(array: npt.NDArray[Any] | None) -> int:
    """The address of an array's first number; 0 for none. The caller keeps the array alive."""
    if array is None:
        return 0
    try:
        # A quarter of the time of __array_interface__.
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        # It has gaps, is read-only or empty.
        return int(array.__array_interface__["data"][0])
