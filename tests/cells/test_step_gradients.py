"""The gradient of each cell's step, against torch's automatic differentiation of the step in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cells.own_cells import OWN

from recurra.cells import CELLS, Cell, State

DOCUMENTS, HIDDEN = 3, 5


@pytest.mark.parametrize("cell", [*CELLS.values(), *OWN], ids=lambda cell: cell.name)
def test_it_is_torch_s(cell: Cell) -> None:
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    width = HIDDEN * len(cell.gates)
    projection, state = drawn(DOCUMENTS, width), State(drawn(DOCUMENTS, HIDDEN), drawn(DOCUMENTS, HIDDEN))
    recurrent = cell.recurrent_shape(HIDDEN)
    W_H = drawn(*recurrent) if recurrent else None
    b_H = drawn(width) if cell.recurrent_bias else None
    before = state if cell.cell_state else State(state.hidden)
    after, activations = cell.step(torch, projection, before, W_H, b_H)
    outer = State(drawn(DOCUMENTS, HIDDEN).detach(), drawn(DOCUMENTS, HIDDEN).detach() if cell.cell_state else None)
    score = (after.hidden * outer.hidden).sum()
    takes = [projection, *(part for part in before if part is not None)]
    if cell.cell_state:
        score = score + (after.cell * outer.cell).sum()
        takes.append(after.cell)
    # An SRU does not read the hidden state before the step.
    expected = torch.autograd.grad(score, takes, allow_unused=True, materialize_grads=True)
    found = cell.step_gradient(
        State(*(None if part is None else part.numpy() for part in outer)),
        [part.detach().numpy() for part in activations],
        State(*(None if part is None else part.detach().numpy() for part in before)),
        None if W_H is None else W_H.detach().numpy(),
        None if b_H is None else b_H.detach().numpy(),
    )
    given = [part for part in found if part is not None]
    assert len(given) == len(expected)
    for ours, theirs in zip(given, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-13)
