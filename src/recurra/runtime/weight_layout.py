"""Weights in the memory layout that the kernels of :mod:`recurra.kernels.inference` read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recurra.cells import NumbaForm, cell_named
from recurra.errors import SettingsError
from recurra.kernels.array_types import address
from recurra.kernels.simd import LANES
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS

__all__ = ["AffineWeights", "RecurrentWeights", "input_weights", "numba_form", "padded_rows", "recurrent_weights"]

Array = npt.NDArray[np.float32]

# Columns of a panel of :func:`recurra.kernels.inference.dense.affine`.
PANEL = 4 * LANES


@dataclass(frozen=True, eq=False)
class AffineWeights:
    """The weights of an affine map: a matrix and a bias.

    Attributes:
        W: panels of 32 columns, each [size, 32].
        b: [columns].
        size: number of rows, zero padding included; the kernels need it even.
        columns: number of columns, zero padding included; a multiple of 32.
        places: the addresses of W and b.
    """

    W: Array
    b: Array
    size: int
    columns: int
    places: tuple[int, int]

    @classmethod
    def of(cls, W: Array, b: Array) -> AffineWeights:
        """Pads a matrix and a bias with zeros and splits the matrix into panels."""
        W = _zero_padded(W, 2, 0)
        W, b = _zero_padded(W, PANEL, 1), _zero_padded(b, PANEL, 0)
        panels = _panels(W, PANEL)
        size, columns = W.shape
        return cls(panels, b, size, columns, (address(panels), address(b)))


@dataclass(frozen=True, eq=False)
class RecurrentWeights:
    """The recurrent weights of a layer. Units are padded to a multiple of 8; the state of padding units is always zero.

    Attributes:
        W_H: W_H of each direction, in panels of eight units; its diagonals eight units at a time; or ``None``.
        b_H: b_H of each direction, or ``None``.
        size: number of units of a direction, padding included.
        width: number of columns of a direction's input projection.
        places: the addresses of W_H and b_H of each direction.
    """

    W_H: tuple[Array | None, ...]
    b_H: tuple[Array | None, ...]
    size: int
    width: int
    places: list[tuple[int, int]]


def numba_form(settings: NetworkSettings) -> NumbaForm:
    """The compiled form of the network's cell.

    Raises:
        SettingsError: the cell has no compiled kernels.
    """
    form = cell_named(settings.cell).compiled.numba
    if form is None:
        raise SettingsError(
            f"The cell {settings.cell} has no compiled kernels", "Predict through recurra.load, which needs none."
        )
    return form


def input_weights(settings: NetworkSettings, tensors: Mapping[str, Array], layer: int) -> tuple[Array, Array]:
    """W_I and b of all directions of a layer side by side, with the columns of eight units together.

    Args:
        settings: the network's shape.
        tensors: its weights.
        layer: number of the layer.

    Returns:
        W_I [I, columns], with rows of zeros for the padding units of the layer below, if there is one; and b [columns].
    """
    gates = len(cell_named(settings.cell).gates)
    prefixes = [f"layers.{layer}.{direction}" for direction in DIRECTIONS[: settings.directions]]
    W_I = np.concatenate([_units(tensors[f"{prefix}.W_I"], gates) for prefix in prefixes], axis=1)
    b = np.concatenate([_units(tensors[f"{prefix}.b"], gates) for prefix in prefixes])
    return (padded_rows(W_I, settings.hidden) if layer else W_I), b


def recurrent_weights(settings: NetworkSettings, tensors: Mapping[str, Array], layer: int) -> RecurrentWeights:
    """The recurrent weights of a layer. Arguments: see :func:`input_weights`."""
    cell, early = cell_named(settings.cell), numba_form(settings).early
    prefixes = [f"layers.{layer}.{direction}" for direction in DIRECTIONS[: settings.directions]]
    W_H: tuple[Array | None, ...] = (None,) * len(prefixes)
    if cell.recurrent_weights:
        W_H = tuple(_recurrent(tensors[f"{prefix}.W_H"], early, len(cell.gates)) for prefix in prefixes)
    elif cell.diagonal_weights:
        W_H = tuple(_units(tensors[f"{prefix}.W_H"].ravel(), cell.diagonal_weights) for prefix in prefixes)
    biases = [tensors.get(f"{prefix}.b_H") for prefix in prefixes]
    b_H = tuple(None if bias is None else _units(bias, len(cell.gates)) for bias in biases)
    size = settings.hidden + -settings.hidden % LANES
    places = [(address(weights), address(bias)) for weights, bias in zip(W_H, b_H, strict=True)]
    return RecurrentWeights(W_H, b_H, size, len(cell.gates) * size, places)


def padded_rows(matrix: Array, hidden: int) -> Array:
    """A matrix that is multiplied with states, with rows of zeros for the padding units after every ``hidden`` rows."""
    blocks = matrix.reshape(-1, hidden, *matrix.shape[1:])
    wide = _zero_padded(blocks, LANES, 1)
    return np.ascontiguousarray(wide.reshape(-1, *matrix.shape[1:]))


def _units(weights: Array, gates: int) -> Array:
    """[..., G·H] to [..., H/8·G·8]: the gates of eight units side by side."""
    *outer, width = weights.shape
    parts = _zero_padded(weights.reshape(*outer, gates, width // gates), LANES, -1)
    parts = parts.reshape(*outer, gates, -1, LANES)
    return np.ascontiguousarray(np.swapaxes(parts, -3, -2)).reshape(*outer, -1)


def _recurrent(W_H: Array, early: int, gates: int) -> Array:
    W_H = _zero_padded(W_H, LANES, 0)
    if early == gates:
        return _panels(_units(W_H, gates), LANES * gates)
    # The product of the late blocks needs the early gates, so their panels are separate.
    late, split = gates - early, early * W_H.shape[1] // gates
    parts = _units(W_H[:, :split], early), _units(W_H[:, split:], late)
    return np.concatenate([_panels(parts[0], early * LANES), _panels(parts[1], late * LANES)])


def _panels(matrix: Array, width: int) -> Array:
    """[K, C] to C / width panels of [K, width], in one row."""
    rows = matrix.shape[0]
    return np.ascontiguousarray(matrix.reshape(rows, -1, width).swapaxes(0, 1)).ravel()


def _zero_padded(array: Array, multiple: int, axis: int) -> Array:
    """The array with zeros at the end of an axis, up to a multiple."""
    more = -array.shape[axis] % multiple
    room = [(0, 0)] * array.ndim
    room[axis] = (0, more)
    return np.pad(array, room) if more else array
