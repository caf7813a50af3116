"""Layers on the Triton kernels for tests: as an engine on any device, and with room beside the documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from recurrence.cases import Case
from torch import Tensor

from recurra.cells import Cell, State
from recurra.recurrence.engines import Weights
from recurra.recurrence.engines.triton_engine import TritonEngine
from recurra.recurrence.triton import Layout

Layer = Callable[..., list[Tensor]]


class Kernels(TritonEngine):
    """The engine, which here computes wherever the tensors are: Triton's interpreter takes those of the CPU."""

    def takes(self, inputs: Tensor, weights: Sequence[Weights]) -> bool:
        return self.fits(inputs, weights)


class Direct:
    """A layer function as an engine."""

    name = "direct"
    device = None

    def __init__(self, layer: Layer, **options: Any) -> None:
        self.compute, self.options = layer, options

    def supports(self, cell: Cell) -> bool:
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
        layout = Layout.of(active, inputs.device)
        return self.compute(cell, inputs, weights, layout, initial=initial, **self.options)


class Roomy(Direct):
    """The same with room for more rows, steps and documents, filled with numbers that must have no effect."""

    def __init__(self, layer: Layer, *, rows: int, steps: int, documents: int, **options: Any) -> None:
        super().__init__(layer, **options)
        self.rows, self.steps, self.documents = rows, steps, documents
        self.room: list[Tensor] = []

    def layer(
        self,
        cell: Cell,
        inputs: Tensor,
        weights: Sequence[Weights],
        active: Sequence[int],
        *,
        initial: Sequence[State] | None = None,
    ) -> list[Tensor]:
        tokens = len(inputs)
        starts, lengths = Layout.of(active, inputs.device)
        layout = Layout(
            torch.cat([starts, starts.new_full((self.steps,), tokens)]),
            torch.cat([lengths, lengths.new_zeros(self.documents)]),
        )
        inputs = torch.cat([inputs, inputs.new_full((self.rows, inputs.shape[1]), 3.0)])
        if initial is not None:
            initial = [State(*(None if part is None else self._more(part) for part in state)) for state in initial]
        states = self.compute(cell, inputs, weights, layout, initial=initial, **self.options)
        self.room = [one[tokens:].detach() for one in states]
        return [one[:tokens] for one in states]

    def _more(self, part: Tensor) -> Tensor:
        return torch.cat([part, part.new_full((self.documents, part.shape[1]), 2.0)])


def rounded(case: Case) -> Case:
    """The layer in float64 with the numbers that the float32 one has."""

    def wide(part: Tensor | None) -> Any:
        return None if part is None else part.detach().double().cpu().requires_grad_()

    return Case(
        case.cell,
        wide(case.inputs),
        [Weights(*map(wide, one)) for one in case.weights],
        case.active,
        [State(*map(wide, one)) for one in case.initial] if case.initial else None,
        case.lengths,
    )
