"""Views of a whole file: 202 until they are there, computed once, and their failures in one line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bundles import make_bundle
from rows import write_news, write_table
from services import asking, make_service
from starlette.responses import Response
from starlette.testclient import TestClient

import recurra
from recurra import TextClassifier, inspection
from recurra.data.label_format import MULTI_LABEL_FORMAT
from recurra.data.read import read_table
from recurra.errors import DataError
from recurra.runtime import Model
from recurra.serving.background_results import BackgroundResults
from recurra.serving.file_views import DOUBTED, EXAMPLES, VIEWS
from recurra.serving.http_errors import INTERNAL_ERROR


def until_there(ask: Callable[[], Any]) -> Any:
    for _ in range(2000):
        found = ask()
        if found.status_code != 202:
            return found
        time.sleep(0.005)
    raise AssertionError("it never came")


def test_it_is_computed_once_and_then_always_the_same() -> None:
    views, gate, calls = BackgroundResults(), threading.Event(), []

    def make() -> Any:
        calls.append(1)
        assert gate.wait(30)
        return {"rows": [1.5, None], "text": "\ud800 <b>"}

    ask: Callable[[], Response] = lambda: views.answer("flags", "lstm", make)  # noqa: E731
    first = ask()
    assert first.status_code == 202
    assert first.headers["retry-after"] == "1"
    state = json.loads(first.body)
    assert (state["state"], state["view"], state["model"]) == ("computing", "flags", "lstm")
    assert state["seconds"] >= 0
    assert ask().status_code == 202
    assert views.busy
    gate.set()
    found = until_there(ask)
    assert (found.status_code, json.loads(found.body)) == (200, {"rows": [1.5, None], "text": "? <b>"})
    assert ask() is found
    assert (len(calls), views.busy) == (1, False)


def test_views_are_kept_apart_by_view_and_model() -> None:
    views = BackgroundResults()
    for view in ("flags", "states"):
        for model in ("lstm", "gru"):
            ask = lambda: views.answer(view, model, lambda: [view, model])  # noqa: B023, E731
            assert json.loads(until_there(ask).body) == [view, model]


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (DataError("news.csv has no labels", "Name their column."), 404, "news.csv has no labels. Name their column."),
        (ZeroDivisionError("a secret"), 500, INTERNAL_ERROR),
        (None, 500, INTERNAL_ERROR),
    ],
)
def test_failures_are_kept_as_one_line(error: Exception | None, status: int, line: str) -> None:
    def make() -> Any:
        if error is not None:
            raise error
        return float("nan")

    views = BackgroundResults()
    found = until_there(lambda: views.answer("flags", "lstm", make))
    assert found.status_code == status
    assert json.loads(found.body)["error"].startswith(line)
    assert until_there(lambda: views.answer("flags", "gru", lambda: 1)).status_code == 200


@pytest.mark.parametrize("view", ["flags", "states", "doubts", "gradients"])
def test_without_data_the_line_says_what_to_start(client: TestClient, view: str) -> None:
    found = client.get(f"/v1/{view}")
    assert found.status_code == 404
    assert found.json()["error"].endswith("Start it with --data, such as: recurra serve MODEL --data test.csv")
    assert client.get(f"/v1/{view}?model=none").json()["error"].startswith("There is no model 'none'.")


def test_models_tell_what_they_are(client: TestClient) -> None:
    models = client.get("/v1/models").json()["models"]
    assert [one["name"] for one in models] == ["lstm", "gru"]
    assert models[1]["classes"] == [1, 2, 3, 4]
    assert models[0]["network"]["cell"] == "lstm"
    assert models[0]["parameters"]["total"] > 0


def test_what_is_found_in_a_file(tmp_path: Path) -> None:
    """A view gives what Python gives, as JSON."""
    table = read_table(write_news(tmp_path / "news.csv", 80))
    fitted = TextClassifier(model="lesson/lstm", epochs=1).fit(table.documents, table.labels)
    fitted.save(tmp_path / "model.safetensors")
    model = recurra.load(tmp_path / "model.safetensors")
    with asking(make_service(models={"news": model}, data=table)) as client:
        for view, about in VIEWS.items():
            found = until_there(partial(client.get, f"/v1/{view}?model=news"))
            assert found.status_code == 200, found.text
            more: dict[str, Any] = {"say": str, "top": DOUBTED} if view == "doubts" else {}
            expected = getattr(inspection, about.function)(model, table, name="news", **more).to_dict()
            assert found.json() == json.loads(json.dumps(expected))


def test_models_side_by_side_on_a_file(tmp_path: Path) -> None:
    table = read_table(write_news(tmp_path / "news.csv", 40))
    labels = tuple(sorted(set(table.labels or ())))
    models = {
        name: Model(make_bundle(cell=name, labels=labels, seed=seed)) for seed, name in enumerate(("lstm", "gru"))
    }
    with asking(make_service(models=models, data=table)) as client:
        found = until_there(lambda: client.get("/v1/compare"))
    assert found.json() == json.loads(json.dumps(inspection.compare(models, table, examples=EXAMPLES).to_dict()))
    assert [one["name"] for one in found.json()["models"]] == ["lstm", "gru"]


def test_models_of_several_labels_are_compared(tmp_path: Path) -> None:
    lines = [("oil prices", "a|b"), ("the team wins", ""), ("rome", "c")]
    table = read_table(write_table(tmp_path / "sets.csv", ("text", "label"), lines), label_format=MULTI_LABEL_FORMAT)
    bundles = [
        replace(make_bundle(seed=seed, thresholds=[0.5] * 3), record={"label_separator": "|"}) for seed in (1, 2)
    ]
    models = dict(zip("xy", map(Model, bundles), strict=True))
    with asking(make_service(models={"single": Model(make_bundle()), **models}, data=table)) as client:
        found = until_there(lambda: client.get("/v1/compare"))
    assert found.json() == json.loads(json.dumps(inspection.compare(models, table, examples=EXAMPLES).to_dict()))
    assert {one["name"]: one["rows"] for one in found.json()["slices"]}["no label"] == 1


def test_models_of_several_labels_may_know_different_ones(tmp_path: Path) -> None:
    lines = [("oil prices", "a|b"), ("the team wins", ""), ("rome", "d")]
    table = read_table(write_table(tmp_path / "sets.csv", ("text", "label"), lines), label_format=MULTI_LABEL_FORMAT)
    models = {
        name: Model(replace(make_bundle(labels=labels, thresholds=[0.5] * 3), record={"label_separator": "|"}))
        for name, labels in (("old", ("a", "b", "c")), ("new", ("a", "b", "d")))
    }
    with asking(make_service(models=models, data=table)) as client:
        found = until_there(lambda: client.get("/v1/compare")).json()
    assert found == json.loads(json.dumps(inspection.compare(models, table, examples=EXAMPLES).to_dict()))
    assert (found["rows"], found["unknown_labels"]) == (3, 1)
    assert [note.split(" (")[0] for note in found["notes"]] == [
        "new does not know 'c', a class of another model.",
        "old does not know a label of 1 of 3 rows",
    ]


def test_models_of_several_labels_are_left_out_of_a_comparison_of_others(tmp_path: Path) -> None:
    table = read_table(write_news(tmp_path / "news.csv", 40))
    labels = tuple(sorted(set(table.labels or ())))
    models = {name: Model(make_bundle(cell=name, labels=labels)) for name in ("lstm", "gru")}
    several = Model(make_bundle(labels=labels, thresholds=(0.5,) * len(labels)))
    with asking(make_service(models={"several": several, **models}, data=table)) as client:
        found = until_there(lambda: client.get("/v1/compare"))
    assert [one["name"] for one in found.json()["models"]] == ["lstm", "gru"]


def test_one_model_or_no_rows_are_not_compared(tmp_path: Path, client: TestClient) -> None:
    assert client.get("/v1/compare").status_code == 404
    assert "--data" in client.get("/v1/compare").json()["error"]
    table = read_table(write_news(tmp_path / "news.csv", 40))
    with asking(make_service(models={"a": Model(make_bundle())}, data=table)) as alone:
        found = until_there(lambda: alone.get("/v1/compare"))
    assert (found.status_code, found.json()["error"]) == (404, "1 models to compare. Give two or more.")
