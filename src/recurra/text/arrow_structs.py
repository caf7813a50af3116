"""The C structs of the Arrow C data interface, and the memory that they point to as NumPy arrays.

https://arrow.apache.org/docs/format/CDataInterface.html, CStreamInterface.html and
CDataInterface/PyCapsuleInterface.html. Pointers cannot be checked, as in any C interface.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import DataError

__all__ = ["ArrowArray", "ArrowSchema", "ArrowStream", "OwnedArray", "memory_at", "struct_in"]


class ArrowSchema(ctypes.Structure):
    """The type of an array."""

    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_void_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class ArrowArray(ctypes.Structure):
    """The buffers of an array."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class ArrowStream(ctypes.Structure):
    """Arrays of one type, one after the other."""

    _fields_ = (
        ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


_NAMES: dict[type[ctypes.Structure], bytes] = {
    ArrowSchema: b"arrow_schema",
    ArrowArray: b"arrow_array",
    ArrowStream: b"arrow_array_stream",
}

# A separate prototype: restype and argtypes of ctypes.pythonapi's functions are shared by the whole process.
_pointer_in = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def struct_in(capsule: object, kind: type[ctypes.Structure]) -> Any:
    """The struct that a capsule holds; it is released when the capsule is deleted.

    Args:
        capsule: a PyCapsule with the name that the interface gives to ``kind``.
        kind: one of the three structs.

    Raises:
        DataError: it is not such a capsule, or its struct has been moved out.
    """
    name = _NAMES[kind].decode()
    try:
        struct = kind.from_address(_pointer_in(capsule, _NAMES[kind]))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"A capsule {name!r} was expected, not {capsule!r:.80}", "Give an Arrow array or a list of texts."
        ) from error
    if not struct.release:
        raise DataError(f"The capsule {name!r} is empty: it has been read before", "Create the Arrow array again.")
    return struct


class OwnedArray:
    """An array that a stream has returned; it is released when this object is deleted."""

    def __init__(self) -> None:
        self.struct = ArrowArray()

    def __del__(self) -> None:
        release(self.struct)


def release(struct: Any) -> None:
    """Calls the producer's release callback, unless the struct has been released already."""
    if struct.release:
        _RELEASE(struct.release)(ctypes.addressof(struct))


class _Memory:
    """Foreign memory for NumPy; the array keeps a reference to this object, and this object to the owner."""

    def __init__(self, owner: object, interface: dict[str, Any]) -> None:
        self.owner = owner
        self.__array_interface__ = interface


def memory_at(address: int | None, count: int, dtype: npt.DTypeLike, owner: object) -> npt.NDArray[Any]:
    """``count`` numbers at an address, read-only and not copied.

    Args:
        address: of the first number; ``None`` if there is no memory, which Arrow allows for empty buffers.
        count: how many.
        dtype: of each.
        owner: the object that owns the memory; it lives as long as the array.

    Raises:
        DataError: there is no memory and ``count`` is not 0.
    """
    if count < 0 or (count and not address):
        raise DataError(
            f"The Arrow array has a buffer of {count} values at address {address or 0}", "Create the array again."
        )
    if not count:
        return np.empty(0, dtype=dtype)
    kind = np.dtype(dtype)
    return np.asarray(_Memory(owner, {"version": 3, "shape": (count,), "typestr": kind.str, "data": (address, True)}))
