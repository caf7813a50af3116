"""What a masked network says of a document never depends on padding, order or the rest of the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from models.networks import CELLS, JOINED, ROWS, network

from recurra.batches import Ragged
from recurra.cells import CELLS as CELL_OBJECTS
from recurra.models.batch import Batch
from recurra.training.held_out import logits

documents = st.lists(st.lists(st.integers(0, ROWS - 1), max_size=14), min_size=1, max_size=7)
shapes = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(CELLS),
        "bidirectional": st.booleans(),
        "layers": st.integers(1, 2),
        "dtype": st.sampled_from([np.float32, np.float64]),
        "pooling": st.lists(st.sampled_from(JOINED), min_size=1, max_size=4, unique=True).map(tuple),
    }
)


# The Numba engine computes in float32, the others here in float64.
TOLERANCE = {np.float32: 2e-6, np.float64: 1e-12}


def answers(shape: dict[str, Any], lists: list[list[int]]) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = network(**shape)(Batch.of(Ragged.from_lists(lists))).logits
    return found


@given(shapes, documents, st.randoms(use_true_random=False))
def test_the_order_of_a_batch_changes_nothing(shape: dict[str, Any], lists: list[list[int]], random: Any) -> None:
    order = list(range(len(lists)))
    random.shuffle(order)
    found = answers(shape, [lists[place] for place in order])
    torch.testing.assert_close(found, answers(shape, lists)[order], rtol=0, atol=TOLERANCE[shape["dtype"]])


@given(shapes, documents, documents)
def test_the_rest_of_a_batch_changes_nothing(
    shape: dict[str, Any], lists: list[list[int]], others: list[list[int]]
) -> None:
    together = answers(shape, [*others, *lists])[len(others) :]
    torch.testing.assert_close(together, answers(shape, lists), rtol=0, atol=TOLERANCE[shape["dtype"]])


@settings(max_examples=15)
@given(shapes, documents, st.integers(100, 300))
def test_a_long_neighbour_changes_nothing(shape: dict[str, Any], lists: list[list[int]], length: int) -> None:
    """In a padded computation each document would get that many pads."""
    found = answers(shape, [*lists, [3] * length])[:-1]
    torch.testing.assert_close(found, answers(shape, lists), rtol=0, atol=TOLERANCE[shape["dtype"]])


@given(shapes, documents, st.integers(0, 20))
def test_an_unmasked_network_reads_pads_up_to_its_length(
    shape: dict[str, Any], lists: list[list[int]], pad_to: int
) -> None:
    """Pads are words there; still no document hears of the others."""
    built = network(masked=False, **shape)
    found = logits(built, Ragged.from_lists(lists), pad_to=pad_to)
    padded = [one + [0] * (pad_to - len(one)) for one in lists]
    alone = torch.cat([answers(shape, [one]) for one in padded])
    torch.testing.assert_close(found, alone.float(), rtol=0, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("pooling", [*((name,) for name in JOINED), JOINED])
def test_pads_do_change_what_an_unmasked_network_says(cell: str, pooling: tuple[str, ...]) -> None:
    built = network(masked=False, cell=cell, pooling=pooling, hidden=12)
    ragged = Ragged.from_lists([[5, 6, 2], [7]])
    bare, padded = (logits(built, ragged, pad_to=pad_to) for pad_to in (None, 12))
    assert ((bare - padded).abs().amax(dim=1) > 1e-3).all()


@given(shapes, documents)
def test_prediction_in_training_is_the_network_in_evaluation(shape: dict[str, Any], lists: list[list[int]]) -> None:
    drop = 0.5 if CELL_OBJECTS[shape["cell"]].recurrent_weights else 0.0
    built = network(**shape, dropout=0.5, word_dropout=0.5, weight_drop=drop)
    built.train()
    found = logits(built, Ragged.from_lists(lists))
    assert built.training
    torch.testing.assert_close(found, answers(shape, lists).float(), rtol=0, atol=2e-6)


def test_predictions_keep_the_order_over_many_blocks() -> None:
    """More documents than a block, of all lengths."""
    lists = [[place % ROWS] * (place * 7 % 30) for place in range(600)]
    found = logits(network(), Ragged.from_lists(lists))
    torch.testing.assert_close(found, answers({}, lists).float(), rtol=0, atol=2e-6)
    assert logits(network(), Ragged.from_lists([])).shape == (0, 3)
