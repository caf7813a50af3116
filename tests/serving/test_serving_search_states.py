"""Search by state over HTTP: 202 while rows are read, then what the function finds; bounds and refusals."""

from __future__ import annotations

import time
from typing import Any

import pytest
from services import MODELS, asking, make_service
from starlette.testclient import TestClient

from recurra import inspection
from recurra.data.row_numbers import RowNumbers
from recurra.data.table import Table
from recurra.serving import state_searches

TEXTS = ["oil prices rise again", "the team wins", "the match", "oil", "prices rise", "team oil team prices"]


def table(times: int = 5) -> Table:
    return Table(
        TEXTS * times,
        ["a", "b", "c", "a", "b", "c"] * times,
        "text",
        None,
        "label",
        "/secret/rows.csv",
        row_numbers=RowNumbers(2),
    )


def found(client: TestClient, **body: Any) -> Any:
    for _ in range(2000):
        answer = client.post("/v1/search-states", json=body)
        if answer.status_code != 202:
            return answer
        assert answer.json()["state"] == "computing"
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_it_answers_what_the_function_finds_and_reads_the_rows_once() -> None:
    with asking(make_service(data=table())) as client:
        assert client.post("/v1/search-states", json={"units": [1]}).status_code == 202
        asked = {"units": [1, 3], "below": [1], "threshold": 0.01, "words": 2, "off_before": True, "order": "strength"}
        answer = found(client, **asked).json()
        assert client.post("/v1/search-states", json={**asked, "count": 1}).status_code == 200
        gru = found(client, units=[2], model="gru", layer=0, direction="backward").json()
    wanted = inspection.search_states(MODELS["lstm"], table(), name="lstm", **asked).to_dict()
    assert answer == {**wanted, "labels": [list(one) for one in wanted["labels"]]}
    assert 0 < answer["found"] < answer["searched"] == 30
    backward = inspection.search_states(MODELS["gru"], table(), units=[2], direction="backward", name="gru")
    assert gru["matches"] == backward.to_dict()["matches"]


def test_rows_states_and_what_is_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_searches, "KEPT", 1)
    limits = {"searched_rows": 20, "searched_numbers": 100}
    with asking(make_service(data=table(), limits=limits)) as client:
        some = found(client, units=[0]).json()
        assert 0 < some["searched"] < 20
        assert some["notes"] == [f"{some['searched']} of 30 rows are searched."]
        assert found(client, units=[0], state="c").status_code == 200
        # The first were forgotten for these, and are read anew.
        assert client.post("/v1/search-states", json={"units": [0]}).status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        ({"units": [4]}, 422, "There is no unit 4. Units are numbered from 0 to 3."),
        ({"units": [0], "layer": 1}, 422, "There is no layer 1. Layers are numbered from 0 to 0."),
        ({"units": [0], "model": "gru", "state": "c"}, 422, "There is no state 'c'. This model has h."),
        ({"units": []}, 422, "units is [] (a list). List should have at least 1 item after validation, not 0."),
        ({"units": [0], "count": 101}, 422, "count is 101 (a number). Input should be less than 101."),
        ({"units": [0], "model": "none"}, 404, "There is no model 'none'. The models are lstm, gru."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(body: dict[str, Any], status: int, line: str) -> None:
    with asking(make_service(data=table())) as client:
        answer = found(client, **body)
    assert (answer.status_code, answer.json()["error"]) == (status, line)


def test_without_rows_it_says_how_to_start_with_them() -> None:
    with asking(make_service()) as client:
        answer = client.post("/v1/search-states", json={"units": [0]})
    assert answer.status_code == 404
    assert answer.json()["error"].endswith("Start it with --data, such as: recurra serve MODEL --data test.csv")
