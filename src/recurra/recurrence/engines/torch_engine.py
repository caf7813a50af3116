"""The engine of torch's own recurrent kernels: oneDNN on CPUs, cuDNN on GPUs; an independent reference for ours."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from recurra.cells import Cell, State, TorchForm
from recurra.errors import SettingsError
from recurra.recurrence.engines.base import Weights

__all__ = ["TorchEngine"]

# torch's padded kernels are several times faster than its packed ones, so a batch is padded if that gives at
# most this many times its tokens; a batch of very different lengths is computed packed.
MAX_PADDING = 4


class TorchEngine:
    """The functions that ``torch.nn.RNN``, ``GRU`` and ``LSTM`` call, with our weights' layout."""

    name = "torch"
    device: str | None = None

    def supports(self, cell: Cell) -> bool:
        """Every cell for which torch has a layer."""
        return cell.compiled.torch is not None

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
        params = [_torch_layout(one, _form(cell).order) for one in weights]
        zeros = inputs.new_zeros(active[0], len(weights[0].recurrent))
        start = initial or [State(zeros, zeros if cell.cell_state else None)] * len(weights)
        compute = _packed if len(active) * active[0] > MAX_PADDING * len(inputs) else _padded
        return compute(cell, inputs, active, start, params)


def _form(cell: Cell) -> TorchForm:
    if cell.compiled.torch is None:
        raise SettingsError(f"torch has no layer of the cell {cell.name}", "Choose the reference engine.")
    return cell.compiled.torch


def _torch_layout(weights: Weights, order: tuple[int, ...]) -> list[Tensor]:
    b_H = torch.zeros_like(weights.b) if weights.b_H is None else weights.b_H
    tensors = [weights.W_I, weights.recurrent, weights.b, b_H]
    if order != tuple(range(len(order))):
        tensors = [torch.cat([t.chunk(len(order), dim=-1)[place] for place in order], dim=-1) for t in tensors]
    return [tensors[0].t(), tensors[1].t(), *tensors[2:]]


def _call(cell: Cell, *arguments: Any) -> Any:
    with warnings.catch_warnings():
        # cuDNN copies weights that are not in one block of memory, and warns at every step.
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")
        return getattr(torch, _form(cell).function)(*arguments)[0]


def _options(*, bidirectional: bool) -> tuple[Any, ...]:
    # has_biases, layers, dropout, train, bidirectional
    return True, 1, 0.0, torch.is_grad_enabled(), bidirectional


def _packed(
    cell: Cell, inputs: Tensor, active: Sequence[int], start: Sequence[State], params: list[list[Tensor]]
) -> list[Tensor]:
    # Only the LSTM takes a pair of states.
    hidden = torch.stack([state.hidden for state in start])
    hx = [hidden, torch.stack([state.cell for state in start])] if cell.cell_state else hidden
    flat = [tensor for direction in params for tensor in direction]
    joined = _call(cell, inputs, torch.tensor(active), hx, flat, *_options(bidirectional=len(params) == 2))
    return list(joined.chunk(len(params), dim=1))


def _padded(
    cell: Cell, inputs: Tensor, active: Sequence[int], start: Sequence[State], params: list[list[Tensor]]
) -> list[Tensor]:
    """Pads come after a document's words in the order of reading, so they affect no state that is kept."""
    steps, running = len(active), active[0]
    counts = torch.tensor(active, device=inputs.device)
    step = torch.repeat_interleave(torch.arange(steps, device=inputs.device), counts, output_size=len(inputs))
    place = torch.arange(len(inputs), device=inputs.device) - (torch.cumsum(counts, 0) - counts)[step]
    lengths = (counts[:, None] > torch.arange(running, device=inputs.device)).sum(dim=0)
    outputs = []
    for direction, (state, one) in enumerate(zip(start, params, strict=True)):
        read_at = step if direction == 0 else lengths[place] - 1 - step
        rows = read_at * running + place
        grid = inputs.new_zeros(steps * running, inputs.shape[1]).index_copy(0, rows, inputs)
        hx = [state.hidden[None], state.cell[None]] if cell.cell_state else state.hidden[None]
        output = _call(cell, grid.view(steps, running, -1), hx, one, *_options(bidirectional=False), False)
        outputs.append(output.reshape(steps * running, -1).index_select(0, rows))
    return outputs
