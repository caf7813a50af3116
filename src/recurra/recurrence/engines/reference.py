"""The reference engine, the definition: a plain loop over the steps that reads like the formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from recurra.cells import Cell, State
from recurra.recurrence.engines.base import Trace, Weights

__all__ = ["ReferenceEngine"]


class ReferenceEngine:
    """Runs every cell on any device and in any precision; gradients come from autograd."""

    name = "reference"
    device: str | None = None

    def supports(self, cell: Cell) -> bool:
        """Every cell: its formula is all that is needed."""
        return True

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
        return [trace.hidden for trace in self.trace(cell, inputs, weights, active, initial=initial)]

    def trace(
        self,
        cell: Cell,
        inputs: Tensor,
        weights: Sequence[Weights],
        active: Sequence[int],
        *,
        initial: Sequence[State] | None = None,
    ) -> list[Trace]:
        """As :meth:`layer`, with the cell state and the gates at each token."""
        return [
            _run(cell, inputs, one, active, backwards=place == 1, initial=initial[place] if initial else None)
            for place, one in enumerate(weights)
        ]


def _run(
    cell: Cell, inputs: Tensor, weights: Weights, active: Sequence[int], *, backwards: bool, initial: State | None
) -> Trace:
    projections = torch.split(inputs @ weights.W_I + weights.b, list(active))
    ops: Any = torch
    zeros = inputs.new_zeros(active[0], len(weights.b) // len(cell.gates))
    start = initial or State(zeros, zeros if cell.cell_state else None)
    states: list[State] = []
    gates: list[Tensor] = []
    state, running = start, 0
    for projection in reversed(projections) if backwards else projections:
        n = len(projection)
        # Forward, the documents that ended drop off the end of the prefix; backward, those whose last word comes
        # next join it there with their initial state.
        if backwards:
            state = State(*(_join(now, first, running, n) for now, first in zip(state, start, strict=True)))
        else:
            state = State(*(None if part is None else part[:n] for part in state))
        state, activations = cell.step(ops, projection, state, weights.W_H, weights.b_H)
        states.append(state)
        gates.append(torch.cat(activations, dim=1))
        running = n
    if backwards:
        states.reverse()
        gates.reverse()
    cells = torch.cat([state.cell for state in states]) if cell.cell_state else None
    return Trace(torch.cat([state.hidden for state in states]), cells, torch.cat(gates))


def _join(now: Tensor | None, first: Tensor | None, running: int, n: int) -> Tensor | None:
    if now is None or first is None:
        return None
    return torch.cat([now[:running], first[running:n]])
