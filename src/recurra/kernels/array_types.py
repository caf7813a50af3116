"""Types of the arrays that kernels take, which :mod:`.compiled` looks up by name, and addresses of arrays."""

from __future__ import annotations

import ctypes
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Float32Array",
    "Float32Matrix",
    "Float64Matrix",
    "Int32Array",
    "Int64Array",
    "Int64Matrix",
    "ReadInt32Array",
    "ReadInt64Array",
    "ReadUInt8Array",
    "ReadUInt16Array",
    "UInt8Array",
    "address",
]  # fmt: skip

UInt8Array: TypeAlias = npt.NDArray[np.uint8]
Int32Array: TypeAlias = npt.NDArray[np.int32]
Int64Array: TypeAlias = npt.NDArray[np.int64]
Float32Array: TypeAlias = npt.NDArray[np.float32]
Float32Matrix: TypeAlias = npt.NDArray[np.float32]
Float64Matrix: TypeAlias = npt.NDArray[np.float64]
Int64Matrix: TypeAlias = npt.NDArray[np.int64]
# The same arrays, but they may be read-only.
ReadUInt8Array: TypeAlias = UInt8Array
ReadInt32Array: TypeAlias = Int32Array
ReadInt64Array: TypeAlias = Int64Array
ReadUInt16Array: TypeAlias = npt.NDArray[np.uint16]


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
