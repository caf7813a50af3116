"""States at every token, against a float64 loop over each document."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from hypothesis import given
from hypothesis import strategies as st
from state_loops import pooled, states

from recurra.batches import Ragged
from recurra.cells import CELLS
from recurra.inspection.ablation import pooled_states
from recurra.inspection.trajectories import final_states, trajectories

DOCUMENTS = [[2, 3, 4, 5, 6, 7, 8], [9, 2], [], [14, 13, 12, 3], [5]]


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bidirectional": True, "layers": 2},
        {"masked": False},
        {"bidirectional": True, "masked": False},
    ],
)
def test_states_are_those_of_a_loop(cell: str, settings: dict[str, Any]) -> None:
    bundle = make_bundle(cell=cell, **settings)
    found = list(trajectories(bundle, Ragged.from_lists(DOCUMENTS)))
    assert [(one.layer, one.direction) for one in found] == [
        (layer, way)
        for layer in range(bundle.network.layers)
        for way in ("forward", "backward")[: bundle.network.directions]
    ]
    for place, ids in enumerate(DOCUMENTS):
        expected = states(ids, bundle)
        for one in found:
            own = slice(one.offsets[place], one.offsets[place + 1])
            loop = expected[one.layer, one.direction]
            h = np.array([h for h, _ in loop]).reshape(-1, bundle.network.hidden)
            np.testing.assert_allclose(one.hidden[own], h, atol=2e-6)
            if CELLS[cell].cell_state:
                assert one.cell is not None
                c = np.array([c for _, c in loop]).reshape(-1, bundle.network.hidden)
                np.testing.assert_allclose(one.cell[own], c, atol=2e-6)
                assert one.carried is one.cell
            else:
                assert one.cell is None
                assert one.carried is one.hidden
            if len(loop):
                last = loop[-1 if one.direction == "forward" else 0][0]
                np.testing.assert_allclose(one.hidden[one.last[place]], last, atol=2e-6)
            else:
                assert one.last[place] == -1


def test_a_one_hot_word_is_its_row() -> None:
    bundle = make_bundle(cell="simple_rnn", input="one_hot")
    found = next(trajectories(bundle, Ragged.from_lists([[4]])))
    w = bundle.tensors
    np.testing.assert_allclose(
        found.hidden[0], np.tanh(w["layers.0.forward.W_I"][4] + w["layers.0.forward.b"]), atol=1e-6
    )


@pytest.mark.parametrize("pooling", [("last",), ("max", "mean"), ("attention", "last")])
def test_what_the_output_reads_is_that_of_a_loop(pooling: tuple[str, ...]) -> None:
    bundle = make_bundle(cell="gru", bidirectional=True, pooling=pooling)
    ids = Ragged.from_lists(DOCUMENTS)
    found = pooled_states(bundle, list(trajectories(bundle, ids)))
    expected = [pooled(states(document, bundle), bundle) for document in DOCUMENTS]
    np.testing.assert_allclose(found, expected, atol=2e-6)
    if pooling == ("last",):
        np.testing.assert_allclose(final_states(bundle, ids), expected, atol=2e-6)


@given(st.lists(st.lists(st.integers(0, 14), max_size=9), min_size=1, max_size=6), st.randoms())
def test_a_document_is_computed_as_if_it_were_alone(documents: list[list[int]], random: Any) -> None:
    bundle = make_bundle(cell="lstm", bidirectional=True)
    together = list(trajectories(bundle, Ragged.from_lists(documents)))
    place = random.randrange(len(documents))
    for one, alone in zip(together, trajectories(bundle, Ragged.from_lists([documents[place]])), strict=True):
        own = slice(one.offsets[place], one.offsets[place + 1])
        np.testing.assert_allclose(one.carried[own], alone.carried, atol=1e-6)


def test_no_documents_have_no_states() -> None:
    bundle = make_bundle(cell="lstm")
    found = next(trajectories(bundle, Ragged.from_lists([])))
    assert found.hidden.shape == (0, 4)
    assert final_states(bundle, Ragged.from_lists([[]])).tolist() == [[0.0] * 4]
