"""The parts around the recurrence: the grid, attention, outputs at every step, one-hot input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from models.loop_network import states_of
from models.networks import CELLS, ROWS, network, random_documents, random_weights
from recurrence.loops import packed_places

from recurra.batches import Ragged
from recurra.errors import SettingsError
from recurra.models.batch import Batch
from recurra.models.network import LARGEST_ONE_HOT, Network
from recurra.models.pooling import attention_weights
from recurra.networks.settings import NetworkSettings

LENGTHS = [3, 0, 5, 1, 3]
FALLING = [5, 3, 3, 1, 0]


def test_the_grid_has_steps_and_documents_and_a_fill() -> None:
    batch = Batch.of(Ragged.from_lists(random_documents(LENGTHS)))
    rows = torch.arange(2.0 * sum(LENGTHS)).view(-1, 2)
    grid = batch.grid(rows, -7.0)
    assert grid.shape == (5, 4, 2)
    expected = torch.full((5, 4, 2), -7.0)
    for row, (document, step) in enumerate(packed_places(FALLING)):
        expected[step, document] = rows[row]
    assert torch.equal(grid, expected)


def test_a_batch_knows_each_documents_last_row_and_place() -> None:
    documents = random_documents(LENGTHS)
    batch = Batch.of(Ragged.from_lists(documents))
    places = packed_places(FALLING)
    assert batch.lengths.tolist() == FALLING
    assert batch.last.tolist() == [places.index((k, FALLING[k] - 1)) for k in range(4)]
    assert batch.inverse.tolist() == [1, 4, 0, 3, 2]
    assert batch.ids[batch.last].tolist() == [documents[k][-1] for k in (2, 0, 4, 3)]
    assert len(batch) == 5


def test_attention_is_a_softmax_over_each_documents_words() -> None:
    rng = np.random.default_rng(0)
    weights = {name: torch.from_numpy(rng.normal(size=shape)) for name, shape in (("W", (2, 2)), ("b", 2), ("v", 2))}
    batch = Batch.of(Ragged.from_lists(random_documents(LENGTHS)))
    states = torch.from_numpy(rng.normal(size=(sum(LENGTHS), 2)))
    found = attention_weights(states, batch, weights)[..., 0]
    expected = torch.zeros(5, 4, dtype=torch.float64)
    for document in range(4):
        rows = [row for row, (k, _) in enumerate(packed_places(FALLING)) if k == document]
        scores = [float(torch.tanh(states[row] @ weights["W"] + weights["b"]) @ weights["v"]) for row in rows]
        for step, score in enumerate(scores):
            expected[step, document] = np.exp(score) / sum(np.exp(scores))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_outputs_at_every_step_read_the_states(cell: str) -> None:
    settings = NetworkSettings(cell=cell, hidden=3, embedding=4, bidirectional=True, layers=2, every_step=0.3)
    weights = random_weights(settings)
    documents = random_documents(LENGTHS)
    output = Network(settings, weights)(Batch.of(Ragged.from_lists(documents)))
    exact = [states_of(settings, weights, documents[k]) @ weights["W_O"] + weights["b_O"] for k in (2, 0, 4, 3)]
    expected = np.array([exact[document][step] for document, step in packed_places(FALLING)])
    np.testing.assert_allclose(output.steps.detach(), expected, rtol=0, atol=1e-12)


def test_without_every_step_there_are_no_steps() -> None:
    assert network()(Batch.of(Ragged.from_lists([[2, 3]]))).steps is None


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
def test_one_hot_is_an_embedding_that_is_the_identity(cell: str, bidirectional: bool) -> None:
    shape = {"cell": cell, "bidirectional": bidirectional, "layers": 2}
    one_hot = network(input="one_hot", **shape)
    weights = {name: weight.detach().numpy() for name, weight in one_hot.named_weights().items()}
    assert "embedding" not in weights
    embedded = network({"embedding": np.eye(ROWS), **weights}, embedding=ROWS, **shape)
    batch = Batch.of(Ragged.from_lists(random_documents(LENGTHS)))
    logits = [one(batch).logits for one in (one_hot, embedded)]
    torch.testing.assert_close(*logits, rtol=0, atol=1e-12)
    for one in logits:
        one.square().sum().backward()
    other = embedded.named_weights()
    for name, weight in one_hot.named_weights().items():
        torch.testing.assert_close(weight.grad, other[name].grad, rtol=0, atol=1e-12)


def test_one_hot_of_a_large_vocabulary_is_refused() -> None:
    settings = NetworkSettings(hidden=1, input="one_hot", cell="simple_rnn")
    weights = {"layers.0.forward.W_I": np.zeros((LARGEST_ONE_HOT + 1, 1), dtype=np.float32)}
    with pytest.raises(SettingsError, match=r"one_hot with 5,001 tokens\. Lower vocabulary_size to 5,000"):
        Network(settings, weights)


def test_weights_come_back_under_the_files_names() -> None:
    built = network(layers=2, pooling=("attention",), dtype=np.float32)
    arrays = built.arrays()
    assert arrays.keys() == random_weights(built.settings).keys()
    assert all(array.dtype == np.float32 for array in arrays.values())
    arrays["embedding"][:] = 9
    assert not (built.arrays()["embedding"] == 9).any()


def test_weights_lie_row_by_row_whatever_array_they_came_from() -> None:
    """torch's fused optimisers pair a weight with its moments by place in memory, and moments lie row by row."""
    settings = NetworkSettings(hidden=3, embedding=4)
    arrays = {name: np.asfortranarray(array) for name, array in random_weights(settings).items()}
    assert not arrays["layers.0.forward.W_H"].flags.c_contiguous
    for name, weight in Network(settings, arrays).named_weights().items():
        assert weight.is_contiguous()
        assert np.array_equal(weight.detach().numpy(), arrays[name])
