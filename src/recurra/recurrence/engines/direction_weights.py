"""What a direction of a layer computes with, in the sizes that the kernels take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.kernels.simd import LANES

__all__ = ["DirectionWeights", "narrower", "wider", "wider_columns"]

Array = npt.NDArray[np.float32]


class DirectionWeights(NamedTuple):
    """What a direction computes with, or the gradient of it; a cell without such a part has ``None``.

    Attributes:
        W_I: [I, G·H].
        W_H: [H, G·H].
        b: [G·H].
        b_H: [G·H].
        h0: [B, H]; ``None`` stands for zeros.
        c0: [B, H], likewise.
    """

    W_I: Array
    W_H: Array
    b: Array
    b_H: Array | None = None
    h0: Array | None = None
    c0: Array | None = None


def wider(parts: DirectionWeights, gates: int) -> DirectionWeights:
    """Without gaps, and with inputs and units of zero weights up to multiples of eight.

    The state of such a unit stays zero and reaches no other.

    Args:
        parts: of I inputs and H units.
        gates: G.
    """
    W_I, W_H, b, b_H, h0, c0 = parts
    units = len(W_H)
    if units % LANES == 0 and len(W_I) % LANES == 0:
        if all(part is None or part.flags.c_contiguous for part in parts):
            return parts
        return DirectionWeights(*(None if part is None else np.ascontiguousarray(part) for part in parts))  # type: ignore[arg-type]

    def fused(part: Array) -> Array:
        split = wider_columns(part.reshape(*part.shape[:-1], gates, units))
        return split.reshape(*part.shape[:-1], -1)

    return DirectionWeights(
        _wider_rows(fused(W_I)),
        _wider_rows(fused(W_H)),
        fused(b),
        None if b_H is None else fused(b_H),
        None if h0 is None else wider_columns(h0),
        None if c0 is None else wider_columns(c0),
    )


def narrower(parts: DirectionWeights, gates: int, units: int, inputs: int) -> DirectionWeights:
    """The parts, or their gradient, without what :func:`wider` added.

    Args:
        parts: as :func:`wider` made them.
        gates: G.
        units: H.
        inputs: I.
    """
    W_I, W_H, b, b_H, h0, c0 = parts
    if len(W_H) == units and len(W_I) == inputs:
        return parts

    def fused(part: Array) -> Array:
        return part.reshape(*part.shape[:-1], gates, -1)[..., :units].reshape(*part.shape[:-1], -1)

    return DirectionWeights(
        fused(W_I[:inputs]),
        fused(W_H[:units]),
        fused(b),
        None if b_H is None else fused(b_H),
        None if h0 is None else h0[:, :units],
        None if c0 is None else c0[:, :units],
    )


def wider_columns(array: Array) -> Array:
    """Columns of zeros at the end, up to a multiple of eight; the rows' numbers without gaps."""
    more = -array.shape[-1] % LANES
    if more:
        return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, more)])
    apart = array.strides[-1] != array.itemsize or (array.ndim > 1 and array.strides[0] % array.itemsize != 0)
    return np.ascontiguousarray(array) if apart else array


def _wider_rows(array: Array) -> Array:
    more = -len(array) % LANES
    return np.pad(array, [(0, more), (0, 0)]) if more else np.ascontiguousarray(array)
