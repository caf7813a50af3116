"""Tensors of format 6 in as few bytes as their values need: lengths in place of offsets, and small whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.errors import ModelFileError

__all__ = ["pack", "smallest_type", "unpack"]

_TEXTS = ("vocabulary", "branch.subwords")
_NGRAMS = "branch.ngrams"
_REWRITE = "Write the file again from the trained model."

Tensors = dict[str, npt.NDArray[Any]]


def pack(tensors: Mapping[str, npt.NDArray[Any]]) -> Tensors:
    """The tensors with the lengths of texts as ``….lengths`` in place of ``….offsets``, and n-grams in a small type."""
    packed = dict(tensors)
    for name in _TEXTS:
        if f"{name}.offsets" in packed:
            packed[f"{name}.lengths"] = _smallest(np.diff(packed.pop(f"{name}.offsets")))
    if _NGRAMS in packed:
        packed[_NGRAMS] = _smallest(packed[_NGRAMS])
    return packed


def unpack(tensors: Mapping[str, npt.NDArray[Any]]) -> Tensors:
    """The inverse of :func:`pack`. ``tensors`` is not trusted; what is missing is left for others to refuse.

    Raises:
        ModelFileError: a tensor has another type than its values need, or there are more lengths than bytes.
    """
    unpacked = dict(tensors)
    for name in _TEXTS:
        lengths = unpacked.pop(f"{name}.lengths", None)
        if lengths is None:
            continue
        _check_type(f"{name}.lengths", lengths)
        text = unpacked.get(f"{name}.bytes")
        if lengths.ndim != 1 or text is None or len(lengths) > text.size:
            raise ModelFileError(f"The tensor {name}.lengths does not belong to its bytes", _REWRITE)
        unpacked[f"{name}.offsets"] = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    if _NGRAMS in unpacked:
        _check_type(_NGRAMS, unpacked[_NGRAMS])
        # What is too large for it becomes negative, which no n-gram may be.
        unpacked[_NGRAMS] = unpacked[_NGRAMS].astype(np.int32)
    return unpacked


def smallest_type(largest: int) -> np.dtype[Any]:
    """The smallest type that holds whole numbers from 0 up to this one."""
    return np.dtype(np.uint8 if largest < 1 << 8 else np.uint16 if largest < 1 << 16 else np.uint32)


def _smallest(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.astype(smallest_type(int(values.max(initial=0))))


def _check_type(name: str, values: npt.NDArray[Any]) -> None:
    if values.dtype.kind != "u" or values.dtype != smallest_type(int(values.max(initial=0))):
        raise ModelFileError(f"The tensor {name} is {values.dtype}, which is not the type for its values", _REWRITE)
