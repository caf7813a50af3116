"""Readings of models with a linear branch: prefixes as predict_proba answers them, and the branch's part by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from branched import branch_logits, make_branched
from test_branch_shares import DOCUMENTS, KINDS, direction, split

from recurra.bundle import Bundle
from recurra.inspection.read import PHRASES, read
from recurra.runtime import Model

Logits = np.ndarray


def joined(bundle: Bundle, tokens: list[str]) -> str:
    return ("" if bundle.text.tokens == "characters" else " ").join(tokens)


def network_logits(bundle: Bundle, text: str) -> Logits:
    """The recurrent network's outputs, from its probabilities: up to a constant where a text has one label."""
    p = Model(bundle).network_alone.predict_proba([text])[0].astype(np.float64)
    return np.asarray(np.log(p) - np.log1p(-p) if "thresholds" in bundle.task.tensors else np.log(p))


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_adds_the_network_and_sums_by_hand(kind: dict[str, Any]) -> None:
    bundle = make_branched(**kind)
    for text, found in zip(DOCUMENTS, Model(bundle).predict_proba(DOCUMENTS), strict=True):
        logits = network_logits(bundle, text) + branch_logits(bundle, split(bundle, text))
        powers = np.exp(logits)
        expected = powers / (1 + powers) if "thresholds" in bundle.task.tensors else powers / powers.sum()
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", DOCUMENTS)
def test_reading_is_predicting_the_beginnings(kind: dict[str, Any], text: str) -> None:
    bundle = make_branched(**kind)
    model, tokens = Model(bundle), bundle.whole_pipeline.tokens(text)
    reading = model.read(text)
    beginnings = [joined(bundle, tokens[: end + 1]) for end in range(len(tokens))]
    np.testing.assert_allclose(
        np.concatenate([reading.start[None], reading.probabilities]), model.predict_proba(["", *beginnings]), atol=1e-5
    )
    if reading.suffix_probabilities is not None and tokens:
        ends = [joined(bundle, tokens[begin:]) for begin in range(len(tokens))]
        np.testing.assert_allclose(reading.suffix_probabilities, model.predict_proba(ends), atol=1e-5)
    assert ("linear branch, which is not recurrent" in reading.method) is True
    assert "linear branch" not in model.network_alone.read(text).method


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", DOCUMENTS)
def test_the_branchs_part_of_the_evidence(kind: dict[str, Any], text: str) -> None:
    bundle = make_branched(**kind)
    model, words = Model(bundle), split(bundle, text)
    found = json.loads(json.dumps(read(model, text, name="m", attribution=True), allow_nan=False))
    ways, branch = direction(bundle, found["labels"].index(found["label"])), found["branch"]
    score = float(branch_logits(bundle, words) @ ways)
    network = float((network_logits(bundle, text) - network_logits(bundle, "")) @ ways)
    assert branch["score"] == pytest.approx(score, abs=1e-5)
    assert branch["network"] == pytest.approx(network, abs=1e-4)
    sizes = abs(score) + abs(network)
    assert branch["share"] == pytest.approx(abs(score) / sizes if sizes else 0, abs=1e-3)
    assert sum(branch["words"]) == pytest.approx(score, abs=1e-5)
    assert sum(one["share"] for one in branch["phrases"]) == pytest.approx(
        score - sum(branch["subwords"]), abs=1e-5 if len(branch["phrases"]) < PHRASES else np.inf
    )
    assert found["attribution"]["branch"] == branch["words"]
    logits = branch_logits(bundle, words)
    powers = np.exp(logits)
    alone = powers / (1 + powers) if "thresholds" in bundle.task.tensors else powers / powers.sum()
    np.testing.assert_allclose(branch["alone"]["branch"], alone, atol=1e-5)
    network_alone = model.network_alone.predict_proba([text])[0]
    np.testing.assert_allclose(branch["alone"]["network"], network_alone, atol=1e-6)
    if not words:
        del branch["alone"]
        assert branch == {"score": 0, "network": 0, "share": 0, "words": [], "subwords": [], "phrases": []}


@pytest.mark.parametrize("kind", KINDS)
def test_states_and_roles_are_the_networks_alone(kind: dict[str, Any]) -> None:
    model = Model(make_branched(**kind))
    for text in DOCUMENTS[:2]:
        found, alone = (read(one, text, name="m", gates=True) for one in (model, model.network_alone))
        for layer, expected in zip(found["layers"], alone["layers"], strict=True):
            assert layer["h"] == expected["h"]
            assert layer["gates"] == expected["gates"]
            # By the answer that the whole model gives, which may be another.
            if found["label"] == alone["label"]:
                assert (layer["roles"], layer["order"]) == (expected["roles"], expected["order"])
    assert "branch" not in alone


def test_the_parts_alone_are_without_the_factors_that_join_them() -> None:
    bundle = make_branched()
    assert bundle.branch is not None
    factors = {"network_factor": 0.1, "branch_factor": 0.5}
    output = {name: bundle.tensors[name] * np.float32(0.1) for name in ("W_O", "b_O")}
    damped = replace(
        bundle,
        tensors={**bundle.tensors, **output},
        branch=bundle.branch.times(0.5),
        record={**bundle.record, "branch": factors},
    )
    found, expected = (read(Model(one), DOCUMENTS[0], name="m")["branch"]["alone"] for one in (damped, bundle))
    for part in ("network", "branch"):
        np.testing.assert_allclose(found[part], expected[part], atol=1e-5)
