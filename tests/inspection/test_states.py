"""State space: components against a singular value decomposition, paths against the states themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bundles import make_bundle
from state_loops import states as loop_states

from recurra.data.table import Table
from recurra.inspection import states
from recurra.inspection.states import principal_components
from recurra.runtime import Model

TEXTS = ["oil prices rise again", "the team wins a late match in rome", "oil", "", "team wins again", "rome rome rome"]
LABELS = ["a", "b", "a", "c", "b", "c"]


def table() -> Table:
    return Table(list(TEXTS), list(LABELS), "text", None, "label", "made.csv")


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    generator = np.random.default_rng(0)
    values = generator.standard_normal((200, 5)) @ generator.standard_normal((5, 5)) + 3
    found = principal_components(values)
    _, sizes, axes = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.explained_variance, (sizes**2 / (sizes**2).sum())[:3])
    np.testing.assert_allclose(np.abs(np.sum(found.axes * axes[:3], axis=1)), 1)
    assert (found.axes[np.arange(3), np.abs(found.axes).argmax(axis=1)] > 0).all()
    points = found.of(values)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.var(points, axis=0) / values.var(axis=0).sum(), found.explained_variance[:2])


def test_one_number_and_none_that_moves() -> None:
    line = principal_components(np.array([[1.0], [3.0]]))
    assert line.of(np.array([[1.0], [3.0]])).tolist() == [[-1.0, 0.0], [1.0, 0.0]]
    assert principal_components(np.ones((4, 3))).explained_variance.tolist() == [0.0] * 3


@pytest.mark.parametrize("settings", [{"cell": "lstm"}, {"cell": "gru", "bidirectional": True, "layers": 2}])
def test_paths_are_the_states_seen_from_the_components(settings: dict[str, object]) -> None:
    bundle = make_bundle(**settings)  # type: ignore[arg-type]
    found = states(Model(bundle), table(), paths=6)
    every, top = [], bundle.network.layers - 1
    for text in TEXTS:
        ids = bundle.pipeline.encode([text])[0].tolist()
        read = loop_states(ids, bundle)
        ways = [read[top, way] for way in ("forward", "backward")[: bundle.network.directions]]
        every.append([np.concatenate([way[t][0] for way in ways]) for t in range(len(ids))])
    components = principal_components(np.array([state for one in every for state in one]))
    for document, own in zip(found.documents, every, strict=True):
        expected = components.of(np.array(own).reshape(len(own), -1)) if own else np.empty((0, 2))
        np.testing.assert_allclose(np.array(document.path).reshape(-1, 2), expected, atol=2e-5)
        assert len(document.tokens) == len(own)
    assert found.explained_variance == pytest.approx(components.explained_variance.tolist(), abs=1e-5)
    assert [one.row for one in found.points] == list(range(6))
    if not bundle.network.bidirectional:
        assert found.documents[1].end == found.documents[1].path[-1]
        # The empty document ends where all begin.
        assert found.documents[3].end == found.start


def test_pads_are_behind_the_last_word() -> None:
    bundle = make_bundle(masked=False, pad_to=12)
    found = states(Model(bundle), table(), paths=6)
    for document, text in zip(found.documents, TEXTS, strict=True):
        assert len(document.path) == len(text.split())
        if document.path:
            assert document.end != document.path[-1]


def test_classes_share_the_paths_and_json_holds_all() -> None:
    found = states(Model(make_bundle()), table(), paths=3)
    assert sorted(one.label for one in found.documents) == ["a", "b", "c"]
    values = found.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False))["documents"] == values["documents"]
    assert values == states(Model(make_bundle()), table(), paths=3).to_dict()
    assert len(states(Model(make_bundle()), table(), documents=4).points) == 4
