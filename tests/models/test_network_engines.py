"""Whole networks: all engines and a loop over single documents agree, values and gradients."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from models.loop_network import logits_of
from models.networks import CELLS, JOINED, network, random_documents, random_weights
from torch import Tensor

from recurra.batches import Ragged
from recurra.models.batch import Batch
from recurra.models.network import Network
from recurra.networks.settings import NetworkSettings
from recurra.recurrence.engines import torch_engine

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}
ORDERS = ([500, 0, 3, 1, 470, 0, 460], [1, 0, 9, 500, 0, 1, 2, 4])  # on a grid, packed
POOLINGS = [*((name,) for name in JOINED), JOINED]


def values(network: Network, documents: list[list[int]]) -> dict[str, Tensor]:
    """The logits, and the gradient of every weight."""
    logits = network(Batch.of(Ragged.from_lists(documents))).logits
    target = torch.from_numpy(np.random.default_rng(3).normal(size=tuple(logits.shape))).to(logits.dtype)
    weights = network.named_weights()
    gradients = torch.autograd.grad((logits * target).mean(), list(weights.values()))
    found = {"logits": logits.detach()}
    return found | {f"gradient of {name}": part for name, part in zip(weights, gradients, strict=True)}


def largest(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    assert found.keys() == expected.keys()
    off = [((found[name] - right).abs() / right.abs().clamp(min=1)).max().item() for name, right in expected.items()]
    return float(np.max(off))  # NaN stays NaN


@cache
def of_engine(
    engine: str, cell: str, dtype: type[np.floating], bidirectional: bool, layers: int
) -> list[dict[str, Tensor]]:
    """Documents of length 0, 1 and 500 through all poolings joined; each pooling by itself with shorter ones."""
    found = []
    for place, pooling in enumerate(POOLINGS):
        lengths = ORDERS[(layers + bidirectional) % 2] if pooling == JOINED else [9, 0, 1, 14, 0, 9]
        shape = {"cell": cell, "bidirectional": bidirectional, "layers": layers, "pooling": pooling, "dtype": dtype}
        found.append(values(network(engine=engine, **shape), random_documents(lengths, seed=place)))
    return found


COMPUTED = [("torch", cell, dtype) for cell in ("simple_rnn", "gru", "lstm") for dtype in TOLERANCE]
COMPUTED += [("numba", cell, np.float32) for cell in CELLS]  # which has no float64


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize(("engine", "cell", "dtype"), COMPUTED)
def test_an_engine_is_the_reference(
    engine: str, cell: str, dtype: type[np.floating], bidirectional: bool, layers: int
) -> None:
    if engine == "numba":
        pytest.importorskip("numba")
    arguments = (cell, dtype, bidirectional, layers)
    for pooling, found, expected in zip(
        POOLINGS, of_engine(engine, *arguments), of_engine("reference", *arguments), strict=True
    ):
        assert found["logits"].dtype == (torch.float32 if dtype is np.float32 else torch.float64)
        assert largest(found, expected) <= TOLERANCE[dtype], pooling


@pytest.mark.parametrize("order", [0, 1], ids=["grid", "packed"])
def test_both_orders_take_the_path_they_are_meant_for(order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object) -> None:
        raise AssertionError("the other path")

    monkeypatch.setattr(torch_engine, ["_packed", "_padded"][order], refused)
    found = values(network(engine="torch"), random_documents(ORDERS[order]))
    assert torch.isfinite(found["logits"]).all()


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_gives_what_each_document_gives_alone(cell: str, bidirectional: bool, layers: int) -> None:
    """The loop knows one document, no batch; every pooling is compared."""
    documents = random_documents([6, 0, 1, 40, 6, 2])
    for pooling in POOLINGS:
        shape = NetworkSettings(
            cell=cell, hidden=3, embedding=4, layers=layers, bidirectional=bidirectional, pooling=pooling
        )
        weights = random_weights(shape)
        found = Network(shape, weights)(Batch.of(Ragged.from_lists(documents))).logits
        np.testing.assert_allclose(found.detach(), logits_of(shape, weights, documents), rtol=0, atol=1e-12)


@pytest.mark.parametrize("pooling", JOINED)
def test_gradients_through_each_pooling_are_finite_differences(pooling: str) -> None:
    built = network(cell="gru_reset_before", bidirectional=True, pooling=(pooling,), hidden=2, embedding=2)
    batch = Batch.of(Ragged.from_lists([[3], [], [4, 5, 6], [7, 3]]))
    weights = built.named_weights()

    def logits(*parts: Tensor) -> Tensor:
        replaced = {f"_weights.{name.replace('.', ':')}": part for name, part in zip(weights, parts, strict=True)}
        answer: Tensor = torch.func.functional_call(built, replaced, (batch,)).logits
        return answer

    assert torch.autograd.gradcheck(logits, tuple(part.detach().requires_grad_() for part in weights.values()))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", JOINED)
def test_empty_documents_give_the_output_bias(cell: str, pooling: str) -> None:
    built = network(cell=cell, pooling=(pooling,), bidirectional=True)
    bias = built.named_weights()["b_O"]
    for documents in ([[]], [[], [], []]):
        logits = built(Batch.of(Ragged.from_lists(documents))).logits
        assert torch.equal(logits, bias.expand(len(documents), -1))
    assert built(Batch.of(Ragged.from_lists([]))).logits.shape == (0, 3)
