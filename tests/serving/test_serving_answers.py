"""``POST /v1/classify`` of several labels, and with answers held back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bundles import make_branched, make_bundle
from services import LINES, MODELS, asking, make_service

from recurra.runtime import Model
from recurra.serving.classify import with_abstention

TEXTS = ["oil prices rise again", "", "the team wins a late match", "unheard of words", "rome", "late late"]
SEVERAL = Model(make_bundle(thresholds=(0.5, 0.4, 0.6), labels=('"a" %s', "b,", "c"), scale=1.5))


def test_several_labels_are_a_list() -> None:
    with asking(make_service(models={"several": SEVERAL})) as client:
        found = client.post("/v1/classify", json={"texts": TEXTS}).json()["results"]
        assert [one["labels"] for one in found] == SEVERAL.predict(TEXTS).tolist()
        assert any(len(one["labels"]) != 1 for one in found)
        assert "label" not in found[0]
        p = np.array([[one["probabilities"][name] for name in SEVERAL.classes_] for one in found])
        np.testing.assert_allclose(p, SEVERAL.predict_proba(TEXTS), atol=1e-7)
        refused = client.post("/v1/classify", json={"texts": TEXTS, "abstain_below": 0.5})
        assert refused.status_code == 422
        assert "gives several labels" in refused.json()["error"]
        read = client.post("/v1/read", json={"text": "oil prices", "attribution": True}).json()
        assert read["given"] == SEVERAL.predict(["oil prices"])[0]


def test_a_linear_branch_answers_as_well() -> None:
    model = Model(make_branched())
    texts = [*TEXTS, "rooms of łaughing oilmen"]
    expected = model.predict_proba(texts)
    assert np.abs(expected - MODELS["lstm"].predict_proba(texts)).max() > 0.1
    with asking(make_service(models={"branched": model})) as client:
        found = client.post("/v1/classify", json={"texts": texts}).json()["results"]
        p = np.array([[one["probabilities"][name] for name in model.classes_] for one in found])
        np.testing.assert_allclose(p, expected, atol=1e-7)
        read = client.post("/v1/read", json={"text": texts[-1]}).json()
        np.testing.assert_allclose(read["probabilities"][-1], expected[-1], atol=1e-6)


def test_what_is_not_sure_enough_has_no_label() -> None:
    model = MODELS["lstm"]
    top = model.predict_proba(TEXTS).max(axis=1)
    below = float(np.sort(top)[3])
    expected = [None if p < np.float32(below) else one for p, one in zip(top, model.predict(TEXTS), strict=True)]
    assert None in expected
    with asking(make_service()) as client:
        found = client.post("/v1/classify", json={"texts": TEXTS, "abstain_below": below}).json()["results"]
        assert [one["label"] for one in found] == expected
        assert all(len(one["probabilities"]) == 3 for one in found)
        lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
        streamed = client.post(f"/v1/classify?abstain_below={below}", content=lines, headers=LINES)
        assert [json.loads(line)["label"] for line in streamed.text.splitlines()] == expected


@pytest.mark.parametrize("below", [0, 1.5, "much", True])
def test_what_is_no_probability_is_refused(below: object) -> None:
    with asking(make_service()) as client:
        assert client.post("/v1/classify", json={"texts": ["a"], "abstain_below": below}).status_code == 422
        if below is not True:
            one = client.post(f"/v1/classify?abstain_below={below}", content='{"text": "a"}\n', headers=LINES)
            assert one.status_code == 422


def test_a_label_that_looks_like_the_key_is_no_key() -> None:
    label = ',"probabilities":'
    answer = json.dumps({"label": label, "probabilities": {label: 0.25, "b": 0.75}}, separators=(",", ":")).encode()
    assert json.loads(with_abstention(answer, 0.8)) == {"label": None, "probabilities": {label: 0.25, "b": 0.75}}
    assert with_abstention(answer, 0.75) == answer
