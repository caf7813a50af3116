"""Weights in the order in which the kernels of :mod:`recurra.kernels.inference` read them."""

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

__all__ = ["Affine", "Recurrent", "inputs_of", "numba_form", "padded_rows", "recurrent_of"]

Array = npt.NDArray[np.float32]

# Columns of a panel of :func:`recurra.kernels.inference.dense.affine`.
PANEL = 4 * LANES


@dataclass(frozen=True, eq=False)
class Affine:
    """A matrix and a bias.

    Attributes:
        W: panels of 32 columns, each [size, 32].
        b: [columns].
        size: rows of the matrix, zeros included, which a kernel needs even.
        columns: a multiple of 32, zeros included.
        places: the addresses of W and b.
    """

    W: Array
    b: Array
    size: int
    columns: int
    places: tuple[int, int]

    @classmethod
    def of(cls, W: Array, b: Array) -> Affine:
        """Adds rows and columns of zeros."""
        W = _widened(W, 2, 0)
        W, b = _widened(W, PANEL, 1), _widened(b, PANEL, 0)
        panels = _panels(W, PANEL)
        size, columns = W.shape
        return cls(panels, b, size, columns, (address(panels), address(b)))


@dataclass(frozen=True, eq=False)
class Recurrent:
    """What a layer does with its states; units are added up to a multiple of 8, whose state is always zero.

    Attributes:
        W_H: of each direction, in panels of eight units.
        b_H: of each direction, or ``None``.
        size: units of a direction, those added included.
        width: columns of a direction's input projection.
        places: the addresses of W_H and b_H of each direction.
    """

    W_H: tuple[Array, ...]
    b_H: tuple[Array | None, ...]
    size: int
    width: int
    places: list[tuple[int, int]]


def numba_form(settings: NetworkSettings) -> NumbaForm:
    """What the kernels of the network's cell need.

    Raises:
        SettingsError: the cell has none.
    """
    form = cell_named(settings.cell).compiled.numba
    if form is None:
        raise SettingsError(
            f"The cell {settings.cell} has no compiled kernels", "Predict through recurra.load, which needs none."
        )
    return form


def inputs_of(settings: NetworkSettings, tensors: Mapping[str, Array], layer: int) -> tuple[Array, Array]:
    """W_I and b of all directions of a layer side by side, columns in units of eight.

    Args:
        settings: the network's shape.
        tensors: its weights.
        layer: its number.

    Returns:
        [I, columns], with rows of zeros for the units added below if there is a layer below; and [columns].
    """
    gates = len(cell_named(settings.cell).gates)
    prefixes = [f"layers.{layer}.{direction}" for direction in DIRECTIONS[: settings.directions]]
    W_I = np.concatenate([_units(tensors[f"{prefix}.W_I"], gates) for prefix in prefixes], axis=1)
    b = np.concatenate([_units(tensors[f"{prefix}.b"], gates) for prefix in prefixes])
    return (padded_rows(W_I, settings.hidden) if layer else W_I), b


def recurrent_of(settings: NetworkSettings, tensors: Mapping[str, Array], layer: int) -> Recurrent:
    """The recurrent weights of a layer. Arguments: see :func:`inputs_of`."""
    cell, early = cell_named(settings.cell), numba_form(settings).early
    prefixes = [f"layers.{layer}.{direction}" for direction in DIRECTIONS[: settings.directions]]
    W_H = tuple(_recurrent(tensors[f"{prefix}.W_H"], early, len(cell.gates)) for prefix in prefixes)
    biases = [tensors.get(f"{prefix}.b_H") for prefix in prefixes]
    b_H = tuple(None if bias is None else _units(bias, len(cell.gates)) for bias in biases)
    size = settings.hidden + -settings.hidden % LANES
    places = [(address(weights), address(bias)) for weights, bias in zip(W_H, b_H, strict=True)]
    return Recurrent(W_H, b_H, size, len(cell.gates) * size, places)


def padded_rows(matrix: Array, hidden: int) -> Array:
    """A matrix that takes states: rows of zeros after every ``hidden`` rows, for the units that were added."""
    blocks = matrix.reshape(-1, hidden, *matrix.shape[1:])
    wide = _widened(blocks, LANES, 1)
    return np.ascontiguousarray(wide.reshape(-1, *matrix.shape[1:]))


def _units(weights: Array, gates: int) -> Array:
    """[..., G·H] to [..., H/8·G·8]: the gates of eight units side by side."""
    *outer, width = weights.shape
    parts = _widened(weights.reshape(*outer, gates, width // gates), LANES, -1)
    parts = parts.reshape(*outer, gates, -1, LANES)
    return np.ascontiguousarray(np.swapaxes(parts, -3, -2)).reshape(*outer, -1)


def _recurrent(W_H: Array, early: int, gates: int) -> Array:
    W_H = _widened(W_H, LANES, 0)
    if early == gates:
        return _panels(_units(W_H, gates), LANES * gates)
    # The product of the late blocks needs the early gates, so their panels stand apart.
    late, split = gates - early, early * W_H.shape[1] // gates
    parts = _units(W_H[:, :split], early), _units(W_H[:, split:], late)
    return np.concatenate([_panels(parts[0], early * LANES), _panels(parts[1], late * LANES)])


def _panels(matrix: Array, width: int) -> Array:
    """[K, C] to C / width panels of [K, width], in one row."""
    rows = matrix.shape[0]
    return np.ascontiguousarray(matrix.reshape(rows, -1, width).swapaxes(0, 1)).ravel()


def _widened(array: Array, multiple: int, axis: int) -> Array:
    """Zeros at the end of an axis, up to a multiple."""
    more = -array.shape[axis] % multiple
    room = [(0, 0)] * array.ndim
    room[axis] = (0, more)
    return np.pad(array, room) if more else array
