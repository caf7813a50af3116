"""The engine for CPUs: our own compiled kernels, forward and backward, on packed batches without padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recurra.cells import Cell, State
from recurra.recurrence.engines.base import Weights
from recurra.recurrence.engines.direction_weights import DirectionWeights
from recurra.recurrence.engines.fallback import fallback
from recurra.recurrence.engines.numba_layer import Layer

__all__ = ["NumbaEngine"]

# W_I, W_H, b, b_H, h0, c0
PARTS = 6


class NumbaEngine:
    """Every cell in float32 on a CPU; elsewhere, and in other precisions, torch or the reference computes a layer."""

    name = "numba"
    device: str | None = "cpu"

    def supports(self, cell: Cell) -> bool:
        """Every cell that has kernels."""
        return cell.compiled.numba is not None

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
            return fallback(cell).layer(cell, inputs, weights, active, initial=initial)
        starts = np.zeros(len(active) + 1, dtype=np.int64)
        np.cumsum(active, out=starts[1:])
        tensors: list[Tensor | None] = []
        for place, one in enumerate(weights):
            tensors += [*one, *(initial[place] if initial else (None, None))]
        run: Callable[..., tuple[Tensor, ...]] = _Function.apply
        return list(run(cell, starts, inputs, *tensors))


class _Function(torch.autograd.Function):
    """A layer with its gradient. Arguments: the cell, starts, inputs, and the parts of each direction."""

    @staticmethod
    def forward(ctx: Any, cell: Cell, starts: Any, inputs: Tensor, *tensors: Any) -> tuple[Tensor, ...]:
        """The states; ``ctx`` gets what the gradient needs."""
        arrays: list[Any] = [None if tensor is None else tensor.detach().numpy() for tensor in tensors]
        parts = [DirectionWeights(*arrays[place : place + PARTS]) for place in range(0, len(arrays), PARTS)]
        hidden, columns = len(parts[0].b) // len(cell.gates), inputs.shape[1]
        ctx.layer = Layer(
            cell, len(parts), rows=len(inputs), count=None, inputs=columns, hidden=hidden, documents=int(starts[1])
        )
        ctx.layer.forward(starts, inputs.detach().numpy(), parts)
        ctx.save_for_backward(inputs, *tensors)
        return tuple(torch.from_numpy(states) for states in ctx.layer.outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Any, ...]:
        """The gradients of the arguments from those of the states."""
        # Raises if one of them was changed since: the layer reads the weights again.
        _ = ctx.saved_tensors
        to_inputs = ctx.needs_input_grad[2]
        gradients = ctx.layer.backward([[one.numpy()] for one in grad_outputs], to_inputs=to_inputs)
        found = [part for parts in gradients.parts for part in parts]
        # Copies: a second call of backward writes to the same memory.
        copies = [
            torch.tensor(part) if need and part is not None else None
            for part, need in zip(found, ctx.needs_input_grad[3:], strict=True)
        ]
        return None, None, torch.tensor(sum(gradients.inputs)) if to_inputs else None, *copies
