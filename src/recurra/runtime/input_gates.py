"""Gates that depend on the input alone: computed once for a word, before any state is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recurra.cells import cell_named
from recurra.kernels.array_types import address
from recurra.kernels.compiled import kernels_of
from recurra.kernels.simd import LANES
from recurra.networks.settings import NetworkSettings
from recurra.runtime.weight_layout import numba_form

__all__ = ["compute_gates", "gate_arguments"]

Array = npt.NDArray[np.float32]


def compute_gates(settings: NetworkSettings, projection: Array) -> Array:
    """Replaces the input projections by the gates, if the cell's depend on nothing else.

    Args:
        settings: the network's shape.
        projection: float32[rows, columns], changed.

    Returns:
        The same array.
    """
    for arguments in gate_arguments(settings, projection):
        kernels_of(f"inference.{numba_form(settings).kernels}").gates(len(projection), *arguments)
    return projection


def gate_arguments(settings: NetworkSettings, projection: Array) -> list[tuple[int, int, int]]:
    """The arguments of the kernel ``gates`` but for the number of rows, for each direction; none for other cells."""
    if not numba_form(settings).input_gates:
        return []
    size = settings.hidden + -settings.hidden % LANES
    width = len(cell_named(settings.cell).gates) * size
    return [
        (size, address(projection) + 4 * width * direction, 4 * projection.shape[1])
        for direction in range(settings.directions)
    ]
