"""Kernels of our own for the CPU, forward and backward, on packed batches: no row is ever a pad."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.recurrence.cells import Cell, State
from recurra.recurrence.engines.base import Weights
from recurra.recurrence.engines.numba_layer import FORMS, NumbaLayer
from recurra.recurrence.engines.reference import ReferenceEngine
from recurra.recurrence.engines.torch_engine import TorchEngine

__all__ = ["NumbaEngine", "missing_units", "narrower", "wider"]

# What the kernels compute at once: hidden sizes are padded to a multiple of it.
LANES = 8


class NumbaEngine:
    """Every cell on a CPU in float32; on other devices and in other precisions a layer is torch's or the reference's.

    The input product and the gradients of the weights are a few large matrix products, which torch's BLAS does best;
    the kernels do what goes step by step.
    """

    name = "numba"

    def supports(self, cell: Cell) -> bool:
        """Every cell that has kernels."""
        return cell.name in FORMS

    def layer(
        self,
        cell: Cell,
        inputs: Tensor,
        weights: Sequence[Weights],
        active: Sequence[int],
        *,
        initial: Sequence[State] | None = None,
    ) -> list[Tensor]:
        """See :meth:`recurra.recurrence.engines.base.Engine.layer`."""
        if inputs.device.type != "cpu" or inputs.dtype != torch.float32:
            other = next(engine for engine in (TorchEngine(), ReferenceEngine()) if engine.supports(cell))
            return other.layer(cell, inputs, weights, active, initial=initial)
        size = len(weights[0].W_H)
        more = missing_units(size)
        starts = np.zeros(len(active) + 1, dtype=np.int64)
        np.cumsum(active, out=starts[1:])
        tensors: list[Tensor | None] = []
        run: Callable[..., tuple[Tensor, ...]] = NumbaLayer.apply
        for place, one in enumerate(weights):
            parts = [*one, *(initial[place] if initial else (None, None))]
            tensors += wider(parts, len(cell.gates), size, more) if more else parts
        hidden = run(cell.name, starts, inputs, *tensors)
        return [states[:, :size] for states in hidden] if more else list(hidden)


def missing_units(size: int) -> int:
    """How many units of zero weights the kernels need beside ``size`` units."""
    return -size % LANES


def wider(parts: Sequence[Tensor | None], gates: int, size: int, more: int) -> list[Tensor | None]:
    """W_I, W_H, b, b_H, h0, c0 of more units, whose weights are zero: their state stays zero and reaches no other."""
    fused = [
        None if part is None else F.pad(part.reshape(*part.shape[:-1], gates, size), (0, more)).flatten(-2)
        for part in parts[:4]
    ]
    states = [None if part is None else F.pad(part, (0, more)) for part in parts[4:]]
    W_I, W_H, *biases = fused
    return [W_I, None if W_H is None else F.pad(W_H, (0, 0, 0, more)), *biases, *states]


def narrower(parts: Sequence[Tensor | None], gates: int, size: int, more: int) -> list[Tensor | None]:
    """The gradients of W_I, W_H, b, b_H without those of the units that :func:`wider` added."""
    if not more:
        return list(parts)
    W_I, W_H, *biases = [
        None if part is None else part.reshape(*part.shape[:-1], gates, size + more)[..., :size].flatten(-2)
        for part in parts
    ]
    return [W_I, None if W_H is None else W_H[:size], *biases]
