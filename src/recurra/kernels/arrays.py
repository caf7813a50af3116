"""The arrays that kernels take, under the names by which :mod:`.compiled` knows their types."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "Bytes", "Doubles", "Ids", "Matrix", "Numbers", "Places", "ReadBytes", "ReadIds", "ReadPlaces", "address",
]  # fmt: skip

Bytes: TypeAlias = npt.NDArray[np.uint8]
Ids: TypeAlias = npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.float32]
Matrix: TypeAlias = npt.NDArray[np.float32]
Doubles: TypeAlias = npt.NDArray[np.float64]
# The same arrays, but they may be read-only.
ReadBytes: TypeAlias = Bytes
ReadIds: TypeAlias = Ids
ReadPlaces: TypeAlias = Places


def address(array: npt.NDArray[Any] | None) -> int:
    """Where an array's first number stands; 0 for none. Whoever passes it on keeps the array alive."""
    # A third of the time of array.ctypes.data.
    return 0 if array is None else int(array.__array_interface__["data"][0])
