"""An ablated unit, against a loop in which its state is overwritten for all that read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from state_loops import pooled, softmax, states

from recurra.batches import Ragged
from recurra.cells import CELLS
from recurra.inspection.ablation import Unit, ablate, mean_states
from recurra.runtime.compiled_network import CompiledNetwork

DOCUMENTS = [[2, 3, 4, 5, 6, 7, 8], [9, 2], [14, 13, 12, 3], [5]]


def overwritten(ids: list[int], bundle: Any, units: list[Unit], means: Any) -> Any:
    held = {tuple(unit): float(means.states[unit.layer, unit.direction][unit.number]) for unit in units}
    network = bundle.network
    vector = pooled(states(ids, bundle, held), bundle)
    for unit in units:
        if unit.layer == network.layers - 1:
            for number in range(len(network.pooling)):
                row = number * network.state_size + (unit.direction == "backward") * network.hidden + unit.number
                vector[row] = means.pooled[row]
    return softmax(vector, bundle)


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize(
    ("settings", "units"),
    [
        ({}, [Unit(0, "forward", 2)]),
        ({"masked": False}, [Unit(0, "forward", 0), Unit(0, "forward", 3)]),
        ({"layers": 2, "bidirectional": True}, [Unit(0, "backward", 1)]),
        (
            {"layers": 2, "bidirectional": True, "pooling": ("max", "mean")},
            [Unit(1, "backward", 1), Unit(0, "forward", 3)],
        ),
        ({"pooling": ("attention", "last")}, [Unit(0, "forward", 1)]),
    ],
)
def test_it_gives_its_mean_to_all_that_read_it(cell: str, settings: dict[str, Any], units: list[Unit]) -> None:
    bundle = make_bundle(cell=cell, hidden=5, **settings)
    ids = Ragged.from_lists(DOCUMENTS)
    means = mean_states(bundle, ids)
    ablated = ablate(bundle, units, means)
    found = CompiledNetwork(ablated.network, ablated.tensors, pad_to=ablated.pad_to).probabilities(ids)
    expected = [overwritten(document, bundle, units, means) for document in DOCUMENTS]
    np.testing.assert_allclose(found, expected, atol=5e-6)
    whole = CompiledNetwork(bundle.network, bundle.tensors, pad_to=bundle.pad_to).probabilities(ids)
    assert np.abs(found - whole).max() > 1e-3


def test_means_are_those_of_tokens_and_of_documents() -> None:
    bundle = make_bundle(cell="gru", pooling=("last",))
    means = mean_states(bundle, Ragged.from_lists(DOCUMENTS))
    loops = [states(document, bundle)[0, "forward"] for document in DOCUMENTS]
    np.testing.assert_allclose(
        means.states[0, "forward"], np.mean([h for loop in loops for h, _ in loop], axis=0), atol=1e-6
    )
    np.testing.assert_allclose(means.pooled, np.mean([loop[-1][0] for loop in loops], axis=0), atol=1e-6)


def test_the_model_itself_stays_as_it_is() -> None:
    bundle = make_bundle(cell="lstm")
    before = {name: array.copy() for name, array in bundle.tensors.items()}
    ablate(bundle, [Unit(0, "forward", 1)], mean_states(bundle, Ragged.from_lists(DOCUMENTS)))
    for name, array in bundle.tensors.items():
        np.testing.assert_array_equal(array, before[name])
