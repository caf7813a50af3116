"""``GET /v1/runs``: what the files of training runs tell, whoever wrote them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import make_bundle
from rows import write_news
from safetensors.numpy import save_file
from services import asking, make_service
from starlette.testclient import TestClient

from recurra.bundle import digest_of, write_bundle
from recurra.cli import main
from recurra.errors import DataError
from recurra.runtime import load
from recurra.serving.runs import SILENT_SECONDS, check_folder, runs_in
from recurra.training.run import CHECKPOINT, HISTORY, MODEL

HISTORY_OF_TWO = {
    "training": [
        {"epoch": 0.5, "loss": 1.5, "accuracy": 0.25, "learning_rate": 0.1},
        {"epoch": 1.0, "loss": 0.5, "accuracy": 0.75, "learning_rate": 0.1},
        {"epoch": 2.0, "loss": 0.25, "accuracy": 0.875, "learning_rate": 0.1},
    ],
    "validation": [{"epoch": 1.0, "loss": 0.75, "accuracy": 0.625}, {"epoch": 2.0, "loss": 0.5, "accuracy": 0.75}],
}


def write_checkpoint(folder: Path, *, age: float = 0.0, **position: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "run": "x",
        "position": {"finished": False, "steps": 7, "seconds": 1.5, "history": HISTORY_OF_TWO, **position},
    }
    save_file({"weight": np.zeros(3, np.float32)}, folder / CHECKPOINT, metadata={"recurra": json.dumps(values)})
    when = time.time() - age
    os.utime(folder / CHECKPOINT, (when, when))


def only(folder: Path) -> dict[str, Any]:
    (run,) = runs_in(folder)["runs"]
    return run


def test_a_run_of_the_program(tmp_path: Path) -> None:
    news = write_news(tmp_path / "news.csv", 120)
    options = ["--epochs", "2", "--set", "hidden=6", "--set", "embedding=8", "--quiet"]
    assert main(["train", str(news), "--out", str(tmp_path / "runs" / "first"), *options]) == 0
    run = only(tmp_path / "runs")
    history = json.loads((tmp_path / "runs" / "first" / HISTORY).read_text())
    assert (run["name"], run["state"], run["has_model"]) == ("first", "finished", True)
    assert run["digest"] == digest_of(tmp_path / "runs" / "first" / MODEL)
    assert run["settings"]["network"]["hidden"] == 6
    assert run["settings"]["training"]["epochs"] == 2
    record = load(tmp_path / "runs" / "first" / MODEL).record
    assert run["data"] == {name: record[name] for name in ("data_sha256", "rows", "held_out")}
    assert run["curve"] == history["training"]
    assert [row["epoch"] for row in run["epochs"]] == [row["epoch"] for row in history["validation"]]
    assert [row["validation_accuracy"] for row in run["epochs"]] == [row["accuracy"] for row in history["validation"]]
    last, before = run["epochs"][-1]["epoch"], run["epochs"][-2]["epoch"]
    since = [row["loss"] for row in history["training"] if before < row["epoch"] <= last]
    assert run["epochs"][-1]["train_loss"] == pytest.approx(sum(since) / len(since))
    # On the way the network is judged alone, and at the end together with the linear branch.
    kept = min((row for row in history["validation"] if row["epoch"] in (1, 2)), key=lambda row: row["loss"])
    assert record["branch"]["network_right"] == pytest.approx(kept["accuracy"])
    assert run["scores"]["validation"]["accuracy"] == record["scores"]["validation"]["accuracy"]
    json.dumps(run, allow_nan=False)
    # Before there is a model the checkpoint says as much.
    (tmp_path / "runs" / "first" / MODEL).unlink()
    begun = only(tmp_path / "runs")
    assert begun["data"] == {"data_sha256": record["data_sha256"]}
    assert begun["settings"]["network"] == run["settings"]["network"]


def test_rows_of_epochs(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run")
    first, second = only(tmp_path)["epochs"]
    assert first == {
        "epoch": 1.0, "train_loss": 1.0, "train_accuracy": 0.5, "validation_loss": 0.75, "validation_accuracy": 0.625,
    }  # fmt: skip
    assert second == {
        "epoch": 2.0, "train_loss": 0.25, "train_accuracy": 0.875, "validation_loss": 0.5, "validation_accuracy": 0.75,
    }  # fmt: skip


def test_without_held_out_rows_each_epoch_has_a_row(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run", history={**HISTORY_OF_TWO, "validation": []})
    rows = only(tmp_path)["epochs"]
    assert [(row["epoch"], row["train_loss"], row["validation_accuracy"]) for row in rows] == [
        (1.0, 1.0, None),
        (2.0, 0.25, None),
    ]


def test_states(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "running")
    write_checkpoint(tmp_path / "killed", age=SILENT_SECONDS + 5)
    write_checkpoint(tmp_path / "finished", finished=True, age=60)
    write_checkpoint(tmp_path / "out of time", time_is_up=True, age=60)
    write_checkpoint(tmp_path / "stopped", age=2)
    write_bundle(make_bundle(), tmp_path / "stopped" / MODEL)
    write_checkpoint(tmp_path / "resumed")
    write_bundle(make_bundle(), tmp_path / "resumed" / MODEL)
    os.utime(tmp_path / "resumed" / MODEL, (time.time() - 9, time.time() - 9))
    (tmp_path / "copied").mkdir()
    write_bundle(make_bundle(), tmp_path / "copied" / MODEL)
    (tmp_path / "no run").mkdir()
    assert {run["name"]: run["state"] for run in runs_in(tmp_path)["runs"]} == {
        "running": "running", "killed": "interrupted", "finished": "finished", "stopped": "interrupted",
        "out of time": "finished", "resumed": "running", "copied": "finished",
    }  # fmt: skip


def test_the_newest_comes_first(tmp_path: Path) -> None:
    for name, age in (("old", 50), ("new", 10), ("older", 100)):
        write_checkpoint(tmp_path / name, age=age)
    assert [run["name"] for run in runs_in(tmp_path)["runs"]] == ["new", "old", "older"]


def test_the_folder_may_be_a_run_itself(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "run")
    assert only(tmp_path / "run")["name"] == "run"


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\xff" * 100, (1 << 60).to_bytes(8, "little") + b"{}", b"[]", b'{"position": 5}'],
)
def test_files_that_are_none_are_no_failure(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "run").mkdir()
    for name in (CHECKPOINT, MODEL, HISTORY):
        (tmp_path / "run" / name).write_bytes(data)
    run = only(tmp_path)
    assert (run["epochs"], run["curve"], run["has_model"], run["settings"]) == ([], [], False, {})


@pytest.mark.parametrize(
    "history",
    [5, [], {"training": 5}, {"training": [5, {"epoch": "x"}, {"loss": 1.0}]}, {"validation": [{"epoch": None}]}],
)
def test_hostile_histories(tmp_path: Path, history: Any) -> None:
    write_checkpoint(tmp_path / "run", history=history)
    assert only(tmp_path)["epochs"] == []


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "secret")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "secret", target_is_directory=True)
    (tmp_path / "runs" / "real").mkdir()
    (tmp_path / "runs" / "real" / CHECKPOINT).symlink_to(tmp_path / "secret" / CHECKPOINT)
    assert runs_in(tmp_path / "runs") == {"runs": []}


def test_over_http(tmp_path: Path, client: TestClient) -> None:
    assert client.get("/v1/runs").status_code == 404
    assert "--runs" in client.get("/v1/runs").json()["error"]
    write_checkpoint(tmp_path / "run")
    with asking(make_service(runs=tmp_path)) as running:
        assert running.get("/v1/runs").json()["runs"][0]["state"] == "running"


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        check_folder(tmp_path / "none")
    check_folder(tmp_path)
