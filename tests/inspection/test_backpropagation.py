"""Our back-propagation against torch's automatic differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from bundles import make_bundle
from torch_steps import TorchSteps

from recurra.cells import CELLS
from recurra.inspection.backpropagation import DifferentiableNetwork
from recurra.runtime.forward import first_layer_products

POOLINGS = [("last",), ("mean", "max"), ("attention", "last")]
IDS = np.array([[2, 5, 9, 1, 4, 4, 12], [3, 0, 7, 8, 14, 2, 6]], dtype=np.int32).T


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize(
    "network", [{}, {"bidirectional": True, "layers": 2}, {"layers": 3}, {"input": "one_hot", "bidirectional": True}]
)
def test_gradients_are_torch_s(cell: str, pooling: tuple[str, ...], network: dict[str, Any]) -> None:
    bundle = make_bundle(cell=cell, pooling=pooling, hidden=5, scale=0.9, **network)
    settings, tensors = bundle.network, bundle.tensors
    ours = DifferentiableNetwork(settings, tensors)
    passed = ours.forward(first_layer_products(settings, tensors, IDS))
    score = np.array([[0.3, -1.0, 2.0], [1.0, 0.5, -0.7]])
    found = ours.backward(passed, score)
    for document in range(2):
        theirs = TorchSteps(bundle)
        vectors = theirs.vectors(IDS[:, document]).requires_grad_()
        logits = theirs.logits(vectors)
        np.testing.assert_allclose(passed.logits[document], logits.detach(), atol=1e-12)
        (logits @ torch.tensor(score[document])).backward()
        through = sum(
            product[:, document] @ tensors[f"layers.0.{direction}.W_I"].astype(np.float64).T
            for product, direction in zip(found.products, ("forward", "backward"), strict=False)
        )
        np.testing.assert_allclose(through, vectors.grad, atol=1e-12)
        for place in range(settings.directions):
            hidden = torch.cat([state.grad for state in theirs.hidden[place]])
            np.testing.assert_allclose(found.hidden[place][:, document], hidden, atol=1e-12)
            if found.cell is not None:
                cells = torch.cat([state.grad for state in theirs.cell[place]])
                np.testing.assert_allclose(found.cell[place][:, document], cells, atol=1e-12)
    assert (found.cell is None) is (not CELLS[cell].cell_state)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_no_tokens_answer_with_the_bias(pooling: tuple[str, ...]) -> None:
    bundle = make_bundle(pooling=pooling, bidirectional=True)
    ours = DifferentiableNetwork(bundle.network, bundle.tensors)
    passed = ours.forward([np.zeros((0, 1, 16)), np.zeros((0, 1, 16))])
    np.testing.assert_array_equal(passed.logits[0], bundle.tensors["b_O"].astype(np.float64))
    assert ours.backward(passed, np.ones((1, 3))).products[1].shape == (0, 1, 16)
