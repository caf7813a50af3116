"""The gradient's way back: against torch, and by hand where a formula is short."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from bundles import WORDS, make_bundle
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F
from torch_steps import TorchSteps

from recurra.cells import CELLS
from recurra.errors import DataError
from recurra.inspection import gradient_flow as module
from recurra.inspection.gradient_flow import gradient_flow, half_distance, weights_before_training
from recurra.networks.initial import initial_weights

TEXTS = [" ".join(WORDS[k : k + n]) for k, n in ((0, 6), (1, 6), (3, 5), (2, 8), (0, 2))]
TARGETS = np.array([0, 1, 2, 1, 0])


def norms_of_torch(bundle: Any, tensors: Any, name: str) -> list[np.ndarray]:
    """Of each document, by distance from the end."""
    found = []
    for ids, target in zip(bundle.pipeline.encode(TEXTS), TARGETS, strict=True):
        padded = np.pad(ids, (0, max(0, (bundle.pad_to or 0) - len(ids))))
        theirs = TorchSteps(bundle, tensors)
        logits = theirs.logits(theirs.vectors(padded).requires_grad_())
        F.cross_entropy(logits[None], torch.tensor([int(target)])).backward()
        squares = np.zeros(len(padded))
        for place, states in enumerate(getattr(theirs, name)):
            one = np.array([float((state.grad**2).sum()) for state in states])
            squares += one[::-1] if place == 0 else one
        found.append(np.sqrt(squares) / np.sqrt(squares[0]))
    return found


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "network", [{}, {"bidirectional": True, "layers": 2}, {"masked": False, "pad_to": 7}, {"pooling": ("mean",)}]
)
@pytest.mark.parametrize("before", [False, True])
def test_norms_are_torch_s(cell: str, network: dict[str, Any], before: bool) -> None:
    bundle = make_bundle(cell=cell, hidden=5, **network)
    bundle = replace(bundle, record={"training": {"seed": 7}})
    flow = gradient_flow(bundle, [*TEXTS, "", " "], np.append(TARGETS, [0, 0]), name="m", before=before)
    tensors = weights_before_training(bundle) if before else bundle.tensors
    masked = bundle.network.masked
    for name, found in (("hidden", flow.norm), ("cell", flow.cell_norm)):
        if found is None:
            assert not CELLS[cell].cell_state
            continue
        expected = norms_of_torch(bundle, tensors, name)
        for distance, norm in enumerate(found):
            here = [one[distance] for one in expected if len(one) > distance]
            assert len(here) == flow.reached[distance] >= 2.5
            assert norm == pytest.approx(np.median(here), rel=1e-9)
            if name == "hidden":
                low, high = np.quantile(here, [0.25, 0.75])
                assert (flow.low[distance], flow.high[distance]) == pytest.approx((low, high), rel=1e-9)
    # Lengths are 6, 6, 5, 8 and 2: three documents reach distance 5; with pads all of them reach distance 6.
    assert len(flow.norm) == (6 if masked or masked is None else 7)
    assert (flow.documents, flow.name, flow.cell) == (5, "m", cell)
    assert flow.when == ("before training" if before else "after training")


def test_an_identity_keeps_the_gradient_and_a_half_of_it_halves_it() -> None:
    """A SimpleRNN near 0 is linear: with W_H = s·1 the norm falls by s a step."""
    bundle = make_bundle(cell="simple_rnn", scale=1e-4)
    bundle.tensors["W_O"][:] = np.random.default_rng(0).uniform(-1, 1, bundle.tensors["W_O"].shape)
    for factor, half in ((1.0, None), (0.5, 1.0), (0.8, np.log(0.5) / np.log(0.8))):
        bundle.tensors["layers.0.forward.W_H"][:] = factor * np.eye(4, dtype=np.float32)
        flow = gradient_flow(bundle, TEXTS, TARGETS, name="m")
        np.testing.assert_allclose(flow.norm, np.float64(np.float32(factor)) ** np.arange(6), rtol=1e-5)
        if half is None:
            assert flow.half_distance is None
        else:
            assert flow.half_distance == pytest.approx(half, abs=1e-3)


def test_half_distance() -> None:
    assert half_distance(np.array([1.0])) is None
    assert half_distance(np.array([1.0, 0.25])) == pytest.approx(0.5)
    assert half_distance(np.array([1.0, 0.9, 0.0])) == pytest.approx(1.0, abs=0.01)
    # It comes back above a half at distance 3.
    assert half_distance(np.array([1.0, 0.4, 0.3, 0.6, 0.3])) == pytest.approx(3 + np.log(1.2) / np.log(2))
    assert half_distance(np.array([1.0, 0.4, 0.3, 0.6])) is None


@given(st.floats(0.05, 0.95), st.integers(2, 40))
def test_the_half_distance_of_an_exponential_is_its_half_life(rate: float, steps: int) -> None:
    found = half_distance(rate ** np.arange(steps))
    expected = np.log(0.5) / np.log(rate)
    if expected < steps - 1:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    elif found is not None:
        assert expected == pytest.approx(steps - 1)


def test_weights_before_training_are_drawn_again_from_the_record() -> None:
    bundle = replace(make_bundle(cell="gru"), record={"training": {"seed": 11}})
    expected = initial_weights(bundle.network, rows=bundle.pipeline.rows, classes=3, seed=11)
    found = weights_before_training(bundle)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("record", [{}, {"training": "much"}, {"training": {"seed": "x"}}, {"training": {"seed": -1}}])
def test_a_record_without_a_seed_is_named(record: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="does not say with which seed"):
        weights_before_training(replace(make_bundle(), record=record))


def test_documents_without_words_are_named() -> None:
    with pytest.raises(DataError, match="None of the documents has a word"):
        gradient_flow(make_bundle(), ["", "!"], np.array([0, 1]), name="m")


def test_small_batches_give_the_same_and_tell_their_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, done = make_bundle(bidirectional=True), []
    expected = gradient_flow(bundle, TEXTS, TARGETS, name="m")
    monkeypatch.setattr(module, "PASS_NUMBERS", 1)
    found = gradient_flow(bundle, TEXTS, TARGETS, name="m", advance=done.append)
    np.testing.assert_allclose(found.norm, expected.norm, rtol=1e-12)
    assert sum(done) == 5
    assert len(done) == 5


def test_json_is_plain() -> None:
    flow = gradient_flow(make_bundle(cell="lstm", masked=False), TEXTS, TARGETS, name="m")
    values = json.loads(json.dumps(flow.to_dict(), allow_nan=False))
    assert values["distance"] == list(range(len(flow.norm)))
    assert values["norm"] == flow.norm.tolist()
    assert values["norm"][0] == 1
    assert values["pads"] == 5
    assert all(
        low <= norm <= high for low, norm, high in zip(values["low"], values["norm"], values["high"], strict=True)
    )


def test_rows_at_the_end_of_the_line_are_those_of_torch() -> None:
    bundle = make_bundle(cell="gru", hidden=5)
    flow = gradient_flow(bundle, ["", *TEXTS], np.append(0, TARGETS), name="m", numbers=np.arange(10, 16))
    distance = len(flow.norm) - 1
    theirs = {
        11 + place: norms[distance]
        for place, norms in enumerate(norms_of_torch(bundle, bundle.tensors, "hidden"))
        if len(norms) > distance
    }
    assert {row.number: row.norm for row in flow.rows} == pytest.approx(theirs)
    assert [row.norm for row in flow.rows] == sorted((row.norm for row in flow.rows), reverse=True)
    assert all(row.text == TEXTS[row.number - 11] for row in flow.rows)
