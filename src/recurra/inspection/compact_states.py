"""States and gates in a compact form: chosen ones, as base64 of 32-bit numbers, half as long as lists of decimals."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from recurra.errors import SettingsError
from recurra.runtime import LayerTrace

__all__ = ["ArrayJson", "CompactLayerJson", "compact_arrays"]


class ArrayJson(TypedDict):
    """An array: ``data`` is base64 of its float32 numbers, little-endian, row by row; ``shape`` is [tokens, units]."""

    shape: list[int]
    data: str


class CompactLayerJson(TypedDict):
    """One direction of a layer; ``kinds`` names all that it has, ``arrays`` holds those asked for.

    ``order`` and ``roles`` are those of :class:`recurra.inspection.read.LayerJson`.
    """

    layer: int
    direction: str
    cell: str
    order: list[int]
    roles: list[str]
    kinds: list[str]
    arrays: dict[str, ArrayJson]


def compact_arrays(trace: LayerTrace, wanted: Sequence[str]) -> tuple[list[str], dict[str, ArrayJson]]:
    """What a layer has, and the chosen ones in the compact form.

    Args:
        trace: states and gates of a layer.
        wanted: names of states and gates: ``h``, ``c``, and ``gates.i`` and so on.

    Raises:
        SettingsError: the layer has no state or gate of a name.
    """
    found = _by_kind(trace)
    for kind in wanted:
        if kind not in found:
            raise SettingsError(f"There is no state {kind!r:.40}", f"This model's are {', '.join(found)}.")
    return list(found), {kind: _packed(found[kind]) for kind in dict.fromkeys(wanted)}


def _by_kind(trace: LayerTrace) -> Mapping[str, npt.NDArray[np.floating[Any]]]:
    cell = {} if trace.c is None else {"c": trace.c}
    return {"h": trace.h, **cell, **{f"gates.{name}": gate for name, gate in trace.gates.items()}}


def _packed(array: npt.NDArray[np.floating[Any]]) -> ArrayJson:
    return {"shape": list(array.shape), "data": b64encode(array.astype("<f4").tobytes()).decode("ascii")}
