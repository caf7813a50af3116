"""The weights and initial states of one direction of a layer, padded to the sizes that the kernels need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recurra.kernels.simd import LANES

__all__ = ["DirectionWeights", "pad_columns", "pad_weights", "unpad_weights"]

Array = npt.NDArray[np.float32]


class DirectionWeights(NamedTuple):
    """Weights and initial states of a direction, or their gradients; ``None`` for parts that a cell does not have.

    Attributes:
        W_I: [I, G·H].
        W_H: [H, G·H], or [P, H], diagonals.
        b: [G·H].
        b_H: [G·H].
        h0: [B, H]; ``None`` means zeros.
        c0: [B, H], likewise.
    """

    W_I: Array
    W_H: Array | None
    b: Array
    b_H: Array | None = None
    h0: Array | None = None
    c0: Array | None = None


def pad_weights(parts: DirectionWeights, gates: int) -> DirectionWeights:
    """Contiguous, and padded with inputs and units of zero weights to multiples of eight.

    The state of a padding unit stays zero and affects no other.

    Args:
        parts: of I inputs and H units.
        gates: G.
    """
    W_I, W_H, b, b_H, h0, c0 = parts
    units = len(b) // gates
    if units % LANES == 0 and len(W_I) % LANES == 0:
        if all(part is None or part.flags.c_contiguous for part in parts):
            return parts
        return DirectionWeights(*(None if part is None else np.ascontiguousarray(part) for part in parts))  # type: ignore[arg-type]

    def fused(part: Array) -> Array:
        split = pad_columns(part.reshape(*part.shape[:-1], gates, units))
        return split.reshape(*part.shape[:-1], -1)

    return DirectionWeights(
        _pad_rows(fused(W_I)),
        None if W_H is None else _pad_rows(fused(W_H)) if W_H.shape[1] == len(b) else pad_columns(W_H),
        fused(b),
        None if b_H is None else fused(b_H),
        None if h0 is None else pad_columns(h0),
        None if c0 is None else pad_columns(c0),
    )


def unpad_weights(parts: DirectionWeights, gates: int, units: int, inputs: int) -> DirectionWeights:
    """The parts, or their gradient, without what :func:`pad_weights` added.

    Args:
        parts: as :func:`pad_weights` made them.
        gates: G.
        units: H.
        inputs: I.
    """
    W_I, W_H, b, b_H, h0, c0 = parts
    if len(b) == gates * units and len(W_I) == inputs:
        return parts

    def fused(part: Array) -> Array:
        return part.reshape(*part.shape[:-1], gates, -1)[..., :units].reshape(*part.shape[:-1], -1)

    return DirectionWeights(
        fused(W_I[:inputs]),
        None if W_H is None else fused(W_H[:units]) if W_H.shape[1] == len(b) else W_H[:, :units],
        fused(b),
        None if b_H is None else fused(b_H),
        None if h0 is None else h0[:, :units],
        None if c0 is None else c0[:, :units],
    )


def pad_columns(array: Array) -> Array:
    """Padded with columns of zeros to a multiple of eight; each row is contiguous."""
    more = -array.shape[-1] % LANES
    if more:
        return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, more)])
    apart = array.strides[-1] != array.itemsize or (array.ndim > 1 and array.strides[0] % array.itemsize != 0)
    return np.ascontiguousarray(array) if apart else array


def _pad_rows(array: Array) -> Array:
    more = -len(array) % LANES
    return np.pad(array, [(0, more), (0, 0)]) if more else np.ascontiguousarray(array)
