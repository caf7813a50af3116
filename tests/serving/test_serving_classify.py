"""``POST /v1/classify``: the answers are predict_proba's, and what cannot be answered is one line."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle, make_overflowing
from hypothesis import given
from hypothesis import strategies as st
from services import JSON, LINES, MODELS, asking, make_service, probabilities, rows_of
from starlette.testclient import TestClient

from recurra.errors import RecurraError
from recurra.runtime import Model
from recurra.serving.body import validate_json
from recurra.serving.http_errors import INTERNAL_ERROR, RequestError
from recurra.serving.schema import ClassifyRequest
from recurra.serving.served_model import json_predictor

TEXTS = ["oil prices rise again", "", "the team wins a late match", "unheard of words", "oil " * 700]
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u2028\x00</textarea>"


@pytest.mark.parametrize("name", list(MODELS))
def test_answers_are_those_of_python(client: TestClient, name: str) -> None:
    found = client.post("/v1/classify", json={"texts": TEXTS, "model": name})
    assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
    assert found.json()["model"] == name
    results = found.json()["results"]
    assert [one["label"] for one in results] == MODELS[name].predict(TEXTS).tolist()
    np.testing.assert_allclose(rows_of(results, MODELS[name]), MODELS[name].predict_proba(TEXTS), atol=1e-6)


def test_the_first_model_answers_where_none_is_named(client: TestClient) -> None:
    named = client.post("/v1/classify", json={"texts": TEXTS, "model": "lstm"})
    assert client.post("/v1/classify", json={"texts": TEXTS}).json() == named.json()


def test_no_texts_have_no_answers(client: TestClient) -> None:
    assert client.post("/v1/classify", json={"texts": []}).json() == {"model": "lstm", "results": []}


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), min_size=1, max_size=6))
def test_any_text_is_answered_as_python_does(texts: list[str]) -> None:
    model = MODELS["lstm"]
    asked = validate_json(ClassifyRequest, json.dumps({"texts": texts}).encode())
    assert asked.texts == texts
    answers = [json.loads(answer) for answer in json_predictor(model)(asked.texts)]
    np.testing.assert_allclose(rows_of(answers, model), model.predict_proba(texts), atol=1e-6)


def test_every_digit_of_a_float32_is_there() -> None:
    model = MODELS["lstm"]
    for answer, row in zip(json_predictor(model)(TEXTS), model.predict_proba(TEXTS), strict=True):
        assert np.float32(probabilities(json.loads(answer), model)).tolist() == row.tolist()


@pytest.mark.parametrize("labels", [("100 %", '"quoted"', "%s%%"), (True, False), (0.5, 1.5), ("スポーツ", "\u2028")])
def test_labels_of_every_kind(labels: tuple[Any, ...]) -> None:
    model = Model(make_bundle(labels=labels))
    answer = json.loads(json_predictor(model)(["oil"])[0])
    assert answer["label"] in labels
    assert type(answer["label"]) is type(labels[0])
    assert list(answer["probabilities"]) == [label if isinstance(label, str) else json.dumps(label) for label in labels]


def test_markup_stays_text(client: TestClient) -> None:
    found = client.post("/v1/classify", json={"texts": [MARKUP]})
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-content-type-options"] == "nosniff"
    np.testing.assert_allclose(
        rows_of(found.json()["results"], MODELS["lstm"]), MODELS["lstm"].predict_proba([MARKUP]), atol=1e-6
    )
    read = client.post("/v1/read", json={"text": MARKUP})
    assert read.json()["text"] == MARKUP
    assert read.headers["content-type"] == "application/json"


def test_a_text_of_a_million_characters(client: TestClient) -> None:
    text = "oil prices rise again " * 47_662
    assert (1 << 20) - 22 <= len(text) <= 1 << 20
    found = client.post("/v1/classify", json={"texts": [text]})
    np.testing.assert_allclose(
        rows_of(found.json()["results"], MODELS["lstm"]), MODELS["lstm"].predict_proba([text]), atol=1e-6
    )


def test_answers_as_lines(client: TestClient) -> None:
    plain = client.post("/v1/classify", json={"texts": TEXTS})
    lines = client.post("/v1/classify", json={"texts": TEXTS}, headers={"accept": "application/x-ndjson"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.text.splitlines()] == plain.json()["results"]


DEEP = b'{"texts":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "The body is no JSON"),
        (b"oil", "The body is no JSON"),
        (b"[]", "The body is [] (a list). Give an object with the fields texts, model, abstain_below."),
        (b'{"texts": "oil"}', 'texts is "oil" (a text). Give a list of texts.'),
        (b'{"texts": ["oil", 5]}', "texts[1] is 5 (a number). Give a text."),
        (b'{"texts": [null]}', "texts[0] is null. Give a text."),
        (b'{"texts": [NaN]}', "texts[0] is NaN (a number). Give a text."),
        (b'{"texts": [1e999]}', "texts[0] is Infinity (a number). Give a text."),
        (b"{}", "The body has no texts. Its fields are texts, model, abstain_below."),
        (
            b'{"texts": [], "modle": "a"}',
            "The body has the unknown field 'modle'. Its fields are texts, model, abstain_below.",
        ),
        (b'{"texts": ["a"], "texts": ["b"]}', "The body has the field 'texts' twice. Give each field once."),
        (b'{"texts": [], "model": "gru", "model": "lstm"}', "The body has the field 'model' twice."),
        (b'{"texts": [], "model": 5}', "model is 5 (a number). Give a text."),
        (b'{"texts": [], "abstain_below": 3}', "abstain_below is 3 (a number). Give a probability above 0, up to 1."),
        (b'{"texts": [], "abstain_below": "x"}', 'abstain_below is "x" (a text). Give a probability above 0, up to 1.'),
        (b'{"texts": ["\xff\xfe"]}', "The body is not UTF-8. Encode it in UTF-8."),
        (b'{"texts": ["\\ud800"]}', "The body is no JSON"),
        (DEEP, "The body is no JSON: recursion limit exceeded"),
        (b'{"texts": ["' + b"x" * 20, "The body is no JSON"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bodies_that_cannot_be_answered(client: TestClient, body: bytes, line: str) -> None:
    found = client.post("/v1/classify", content=body, headers=JSON)
    assert found.status_code == 422
    assert list(found.json()) == ["error"]
    assert found.json()["error"].startswith(line)
    assert len(found.json()["error"]) < 300
    assert "\n" not in found.json()["error"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_another_page_can_send_without_asking_is_refused(client: TestClient, kind: str) -> None:
    found = client.post("/v1/classify", content=b'{"texts": []}', headers={"content-type": kind} if kind else {})
    assert found.status_code == 415
    assert found.json()["error"].endswith("Send Content-Type: application/json or application/x-ndjson.")


def test_a_compressed_body_is_refused(client: TestClient) -> None:
    found = client.post("/v1/classify", content=b"\x1f\x8b", headers={**JSON, "content-encoding": "gzip"})
    assert found.status_code == 415
    assert found.json() == {"error": "The body's Content-Encoding is 'gzip'. Send it as it is."}


def test_an_unknown_model(client: TestClient) -> None:
    found = client.post("/v1/classify", json={"texts": ["a"], "model": "../../etc/passwd"})
    assert found.status_code == 404
    assert found.json() == {"error": "There is no model '../../etc/passwd'. The models are lstm, gru."}


def test_limits() -> None:
    with asking(make_service(limits={"texts": 3, "text_characters": 10, "body_bytes": 200})) as client:
        assert client.post("/v1/classify", json={"texts": ["x" * 10] * 3}).status_code == 200
        many = client.post("/v1/classify", json={"texts": ["x"] * 4})
        long = client.post("/v1/classify", json={"texts": ["x", "x" * 11]})
        large = client.post("/v1/classify", json={"texts": ["x"] * 60})
        parts = client.post("/v1/classify", content=iter([b"x" * 150, b"x" * 150]), headers=JSON)
    assert (many.status_code, long.status_code, large.status_code, parts.status_code) == (422, 422, 413, 413)
    assert many.json()["error"].startswith("There are 4 texts, and the limit of a request is 3.")
    assert long.json()["error"] == "texts[1] has 11 characters, and the limit of a text is 10. Cut or split it."
    assert "the limit is 200 bytes" in large.json()["error"]
    assert "the limit is 200 bytes" in parts.json()["error"]


def test_a_model_that_gives_no_numbers_is_not_served() -> None:
    bundle = make_bundle()
    bundle.tensors["b_O"][:] = np.float32("nan")
    with pytest.raises(RecurraError, match=r"^The model's answer is nan, and no finite number"):
        make_service(models={"broken": Model(bundle)})


def test_an_answer_that_is_no_number_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Finite weights may overflow on some texts only; the line is no secret, and no traceback is in the log."""
    line = "The model's answer is nan, and no finite number: its weights are too large. Train the model again"
    with asking(make_service(models={"overflowing": Model(make_overflowing())})) as client:
        for path, body in (
            ("/v1/classify", {"texts": ["team", "oil"]}),
            ("/v1/read", {"text": "oil"}),
            ("/v1/compare", {"text": "oil"}),
        ):
            found = client.post(path, json=body)
            assert found.status_code == 500
            assert found.json()["error"].replace("is inf,", "is nan,").startswith(line)
        lines = b'{"text": "team"}\n' * 256 + b'{"text": "oil"}\n'
        *answered, last = client.post("/v1/classify", content=lines, headers=LINES).text.splitlines()
        assert len(answered) == 256
        assert json.loads(last)["error"].startswith(line)
        assert client.post("/v1/classify", json={"texts": ["team"]}).status_code == 200
    assert "Traceback" not in caplog.text
    assert "/v1/classify failed: The model's answer is nan" in caplog.text


class Fragile(Model):
    """Fails on one text."""

    def predict_proba(self, documents: Any) -> Any:
        if "bad" in documents:
            raise ValueError("a secret of the machine")
        return super().predict_proba(documents)


def test_a_bug_is_one_line_that_tells_nothing_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with asking(make_service(models={"fragile": Fragile(make_bundle())})) as client:
        found = client.post("/v1/classify", json={"texts": ["bad"]})
        assert found.status_code == 500
        assert found.json() == {"error": INTERNAL_ERROR}
        assert "a secret of the machine" in caplog.text
        assert client.post("/v1/classify", json={"texts": ["good"]}).status_code == 200


def test_the_line_names_the_place_of_what_is_wrong() -> None:
    with pytest.raises(RequestError, match=r"^texts\[2\] is \{\} \(an object\)\. Give a text\.$"):
        validate_json(ClassifyRequest, b'{"texts": ["a", "b", {}]}')


@pytest.mark.parametrize("name", ["model", "abstain_below"])
def test_parameters_of_a_stream_are_refused_for_a_list_of_texts(client: TestClient, name: str) -> None:
    found = client.post("/v1/classify", params={name: "gru"}, json={"texts": TEXTS})
    assert found.status_code == 400
    assert f"The query parameter '{name}' is for a stream of lines" in found.json()["error"]
    assert f'{{"texts": […], "{name}": …}}' in found.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("POST", "/v1/classify", "It takes model and abstain_below."),
        ("POST", "/v1/read", "It takes none"),
        ("GET", "/v1/flags", "It takes model."),
        ("GET", "/v1/models", "It takes none"),
    ],
)
def test_unknown_query_parameters_are_refused(client: TestClient, method: str, path: str, takes: str) -> None:
    headers = LINES if path == "/v1/classify" else {}
    found = client.request(method, path, params={"modle": "gru"}, headers=headers)
    assert found.status_code == 400
    assert found.json()["error"].startswith(f"{path} has no query parameter 'modle'. {takes}")
