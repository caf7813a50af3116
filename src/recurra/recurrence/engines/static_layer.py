"""A recurrent layer on packed inputs of a fixed number of rows, for CUDA graphs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from recurra.cells import Cell
from recurra.recurrence.engines.base import Engine, Weights
from recurra.recurrence.engines.triton_engine import TritonEngine, requested_precision

__all__ = ["static_layer"]


def static_layer(
    engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights], starts: Tensor, lengths: Tensor
) -> list[Tensor]:
    """What :meth:`recurra.recurrence.engines.base.Engine.layer` computes, and zeros in the rows after it.

    The Triton kernels read the layout on the device. For any other engine it is copied to the host first, which waits
    for the device.

    Args:
        engine: the engine of the recurrence.
        cell: the formula.
        inputs: [R, I]; the first N are packed inputs, the others spare rows of any finite numbers.
        weights: those of the forward direction, then those of the backward one if there are two.
        starts: int32[T + 1], the first row of each step, and N after the last one.
        lengths: int32[B], falling, 0 for empty documents.

    Returns:
        [R, H] for each direction.
    """
    if isinstance(engine, TritonEngine) and engine.takes(inputs, weights):
        from recurra.recurrence.triton import Layout, layer

        products = requested_precision(inputs.device.type)
        return layer(cell, inputs, weights, Layout(starts, lengths), products=products)
    active = [count for count in (starts[1:] - starts[:-1]).tolist() if count]
    size, rows = len(weights[0].b) // len(cell.gates), sum(active)
    if not rows:
        return [inputs.new_zeros(len(inputs), size) for _ in weights]
    found = engine.layer(cell, inputs[:rows], weights, active)
    return [torch.cat([states, states.new_zeros(len(inputs) - rows, size)]) for states in found]
