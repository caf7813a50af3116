"""Gates that depend on the input alone: computed once for a word, before any state is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
    form = numba_form(settings)
    if form.input_gates:
        kernels_of(f"inference.{form.kernels}").gates(len(projection), *gate_arguments(settings, projection))
    return projection


def gate_arguments(settings: NetworkSettings, projection: Array) -> tuple[int, int, int]:
    """The arguments of the kernel ``gates``, but for the number of rows."""
    units = settings.directions * (settings.hidden + -settings.hidden % LANES)
    return units, address(projection), 4 * projection.shape[1]
