"""A recurrent layer on packed inputs of a fixed size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from recurra.cells import Cell
from recurra.recurrence.engines.base import Engine, Weights
from recurra.recurrence.engines.triton_engine import TritonEngine, products_asked_for

__all__ = ["static_layer"]


def static_layer(
    engine: Engine, cell: Cell, inputs: Tensor, weights: Sequence[Weights], starts: Tensor, lengths: Tensor
) -> list[Tensor]:
    """What :meth:`recurra.recurrence.engines.base.Engine.layer` computes, and zeros in the rows behind it.

    The Triton kernels read on the device where documents end. Any other engine is told by the host, which waits for the
    device to tell it.

    Args:
        engine: of the recurrence.
        cell: the formula.
        inputs: [R, I]; the first N are packed inputs, the others room, of any finite numbers.
        weights: of the forward direction, then of the backward one if there are two.
        starts: int32[T + 1], the first row of each step, N behind the last one.
        lengths: int32[B], falling, 0 for empty documents.

    Returns:
        [R, H] a direction.
    """
    if isinstance(engine, TritonEngine) and engine.takes(inputs, weights):
        from recurra.recurrence.triton import Layout, layer

        products = products_asked_for(inputs.device.type)
        return layer(cell, inputs, weights, Layout(starts, lengths), products=products)
    active = [count for count in (starts[1:] - starts[:-1]).tolist() if count]
    size, rows = len(weights[0].b) // len(cell.gates), sum(active)
    if not rows:
        return [inputs.new_zeros(len(inputs), size) for _ in weights]
    found = engine.layer(cell, inputs[:rows], weights, active)
    return [torch.cat([states, states.new_zeros(len(inputs) - rows, size)]) for states in found]
