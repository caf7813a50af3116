"""``POST /v1/read`` and ``/v1/compare``: a text word by word."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from services import JSON, MODELS, asking, make_service
from starlette.testclient import TestClient

from recurra import inspection

TEXT = "Oil prices, unheard of, rise again"


@pytest.mark.parametrize("name", list(MODELS))
def test_a_reading_is_that_of_python(client: TestClient, name: str) -> None:
    found = client.post("/v1/read", json={"text": TEXT, "model": name}).json()
    model, reading = MODELS[name], MODELS[name].read(TEXT)
    assert (found["model"], found["text"], found["labels"]) == (name, TEXT, model.classes_.tolist())
    assert [token["text"] for token in found["tokens"]] == reading.tokens
    assert [token["known"] for token in found["tokens"]] == [
        word in ("oil", "prices", "rise", "again") for word in reading.tokens
    ]
    np.testing.assert_allclose(found["probabilities"], reading.probabilities, atol=1e-6)
    np.testing.assert_allclose(found["start"], model.predict_proba([""])[0], atol=1e-6)
    assert found["label"] == model.predict([TEXT])[0]
    np.testing.assert_allclose(found["evidence"], reading.evidence, atol=1e-5)


def test_compact_states_are_the_same_numbers(client: TestClient) -> None:
    wanted = ["h", "gates.h"]
    found = client.post("/v1/read", json={"text": TEXT, "model": "gru", "compact": wanted}).json()
    assert "layers" not in found
    traces = MODELS["gru"].read(TEXT, gates=True).layers
    for layer, trace in zip(found["compact_layers"], traces, strict=True):
        assert layer["kinds"] == ["h", "gates.z", "gates.r", "gates.h"]
        for kind, array in zip(wanted, (trace.h, trace.gates["h"]), strict=True):
            packed = layer["arrays"][kind]
            numbers = np.frombuffer(base64.b64decode(packed["data"]), "<f4").reshape(packed["shape"])
            np.testing.assert_array_equal(numbers, array.astype(np.float32))
        assert list(layer["arrays"]) == wanted


def test_an_empty_text(client: TestClient) -> None:
    found = client.post("/v1/read", json={"text": ""}).json()
    assert (found["tokens"], found["probabilities"], found["evidence"]) == ([], [], [])
    assert found["label"] == MODELS["lstm"].predict([""])[0]


@pytest.mark.parametrize(("asked", "names"), [({}, ["lstm", "gru"]), ({"models": ["gru"]}, ["gru"])])
def test_a_comparison_is_as_many_readings(client: TestClient, asked: dict[str, Any], names: list[str]) -> None:
    found = client.post("/v1/compare", json={"text": TEXT, **asked}).json()
    alone = [client.post("/v1/read", json={"text": TEXT, "model": name}).json() for name in names]
    assert found == {"text": TEXT, "models": alone}


@pytest.mark.parametrize(
    ("path", "asked", "status", "line"),
    [
        (
            "/v1/read",
            {"text": "word " * 31},
            422,
            "The text has 31 tokens, and the limit of a reading is 30.",
        ),
        ("/v1/read", {"text": "x" * 201}, 422, "text has 201 characters, and the limit of a text is 200."),
        ("/v1/read", {"text": "x", "model": "none"}, 404, "There is no model 'none'."),
        (
            "/v1/read",
            {"text": "x", "compact": ["gates.z"]},
            422,
            "There is no state 'gates.z'. This model's are h, c, gates.i, gates.f, gates.g, gates.o.",
        ),
        ("/v1/read", {"text": "x", "gates": 1}, 422, "gates is 1 (a number). Give true or false."),
        ("/v1/read", {}, 422, "The body has no text. Its fields are text, model, gates, compact, attribution."),
        ("/v1/compare", {"text": "word " * 31}, 422, "The text has 31 tokens"),
        ("/v1/compare", {"text": "x", "models": []}, 422, "models has 0 names"),
        ("/v1/compare", {"text": "x", "models": ["gru", "gru"]}, 422, "models has 2 names, 1 of them different."),
        ("/v1/compare", {"text": "x", "models": ["none"]}, 404, "There is no model 'none'."),
    ],
)
def test_what_is_not_read(path: str, asked: dict[str, Any], status: int, line: str) -> None:
    with asking(make_service(limits={"read_tokens": 30, "text_characters": 200})) as client:
        found = client.post(path, json=asked)
    assert found.status_code == status
    assert found.json()["error"].startswith(line)


def test_bodies_that_are_none(client: TestClient) -> None:
    for path in ("/v1/read", "/v1/compare"):
        assert client.post(path, content=b"{", headers=JSON).status_code == 422
        assert client.post(path, content=b"{}", headers={"content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("name", list(MODELS))
def test_states_gates_and_attribution_where_they_are_wanted(client: TestClient, name: str) -> None:
    plain = client.post("/v1/read", json={"text": TEXT, "model": name}).json()
    full = client.post("/v1/read", json={"text": TEXT, "model": name, "gates": True, "attribution": True}).json()
    assert full == {**plain, "layers": full["layers"], "attribution": full["attribution"]}
    expected = json.loads(json.dumps(inspection.read(MODELS[name], TEXT, name=name, gates=True, attribution=True)))
    assert full == expected
    assert len(full["layers"]) == MODELS[name].settings.layers * MODELS[name].settings.directions
    assert full["attribution"]["completeness_error"] < 0.01
