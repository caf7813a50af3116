"""A training as a run of MLflow, read back with MLflow's own client."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from training.runs import SHORT, train

import recurra
from recurra.callbacks import Callback, MLflow
from recurra.errors import RecurraError
from recurra.training.mlflow_tracker import RUN

# MLflow's tables use what SQLAlchemy is going to give up.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")

TRAINING = SHORT.replace(validation=0.2, calibrate=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own, named as the environment names it."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        # New experiments keep their files below the current folder.
        patch.chdir(folder)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'runs.db'}")
        patch.setenv("MLFLOW_EXPERIMENT_NAME", "tickets")
        yield f"sqlite:///{folder / 'runs.db'}"


def read(store: str, run_id: str | None) -> Any:
    assert run_id is not None
    return mlflow.MlflowClient(store).get_run(run_id)


def points(store: str, run_id: str | None, name: str) -> list[tuple[int, float]]:
    return [(one.step, one.value) for one in mlflow.MlflowClient(store).get_metric_history(run_id, name)]


class CtrlC(Callback):
    """Interrupts after some steps."""

    steps = 0

    def on_steps_end(self, results: Any) -> None:
        self.steps += len(results.taken)
        if self.steps == 9:
            signal.raise_signal(signal.SIGINT)


def test_a_run_has_settings_curves_scores_and_the_model(store: str, tmp_path: Path) -> None:
    tracker = MLflow()
    fitted = train(tmp_path / "mine", training=TRAINING, preset="own", callbacks=[tracker])
    run, client = read(store, tracker.run_id), mlflow.MlflowClient(store)
    assert client.get_experiment(run.info.experiment_id).name == "tickets"
    assert (run.info.status, run.info.run_name) == ("FINISHED", "mine")
    record = fitted.bundle.record
    assert run.data.tags["recurra.data_sha256"] == record["data_sha256"]
    assert run.data.tags["recurra.version"] == recurra.__version__
    expected = {**fitted.bundle.text.to_dict(), **fitted.bundle.network.to_dict(), **record["training"]}
    expected |= {"preset": "own", "rows": 60, "held_out": 12}
    assert run.data.params == {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in expected.items()
        if value is not None
    }
    history = json.loads((tmp_path / "mine" / "history.json").read_text())
    for name in ("loss", "accuracy"):
        # 48 rows are learned from.
        for part in ("training", "validation"):
            found = points(store, tracker.run_id, f"{name}/{part}")
            assert found == [(round(one["epoch"] * 48), pytest.approx(one[name])) for one in history[part]]
    for name, value in record["scores"]["validation"].items():
        assert run.data.metrics[f"scores/{name}"] == pytest.approx(value)
    fetched = Path(mlflow.artifacts.download_artifacts(f"runs:/{tracker.run_id}/", tracking_uri=store))
    kept = (tmp_path / "mine" / "model.safetensors").read_bytes()
    assert (fetched / "model" / "model.safetensors").read_bytes() == kept
    assert (fetched / "model-card.md").read_bytes() == (tmp_path / "mine" / "model-card.md").read_bytes()


def test_a_resumed_run_goes_on_in_the_same_run_and_doubles_no_point(store: str, tmp_path: Path) -> None:
    whole, first, second = MLflow(), MLflow(), MLflow(run_name="unused")
    train(training=TRAINING, callbacks=[whole])
    train(tmp_path / "run", training=TRAINING, callbacks=[first, CtrlC()])
    assert read(store, first.run_id).info.status == "KILLED"
    train(tmp_path / "run", training=TRAINING, callbacks=[second], resume=True)
    assert second.run_id == first.run_id
    assert read(store, first.run_id).info.status == "FINISHED"
    for name in ("loss/training", "loss/validation", "learning_rate", "scores/log_loss"):
        steps = points(store, whole.run_id, name)
        found = points(store, first.run_id, name)
        # The interrupted run was scored, too.
        assert [one for one in found if one in steps] == steps
        assert len(found) == len(steps) + (name == "scores/log_loss")
    # A run that the store has no more is begun anew.
    (tmp_path / "run" / RUN).write_text('{"run_id": "gone"}')
    said: list[str] = []
    third = MLflow(say=said.append)
    train(tmp_path / "run", training=TRAINING, callbacks=[third], resume=True)
    assert said == ["MLflow has no run gone any more: a new one is begun."]
    assert third.run_id not in {"gone", first.run_id}


def test_a_failure_is_told_and_an_active_run_is_left_to_its_owner(store: str) -> None:
    class Broken(Callback):
        def on_validation_end(self, metrics: Any) -> None:
            raise KeyError("mine")

    tracker = MLflow()
    with pytest.raises(KeyError, match="mine"):
        train(training=TRAINING, callbacks=[tracker, Broken()])
    run = read(store, tracker.run_id)
    assert (run.info.status, run.data.tags["recurra.failure"]) == ("FAILED", "'mine'")
    with mlflow.start_run() as mine:
        tracker = MLflow()
        train(training=TRAINING, callbacks=[tracker])
        assert tracker.run_id == mine.info.run_id
        assert read(store, tracker.run_id).info.status == "RUNNING"


def test_mlflow_that_fails_ends_no_training(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with monkeypatch.context() as patch:

        def log_batch(self: Any, run_id: str, metrics: Any = (), **other: Any) -> None:
            if metrics:
                raise OSError("the server is away\nand more")

        patch.setattr(mlflow.MlflowClient, "log_batch", log_batch)
        assert train(training=TRAINING, callbacks=[MLflow(say=said.append)]).validation is not None
    assert said == ["MLflow failed, and nothing more is logged: OSError: the server is away"]
    assert mlflow.active_run() is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://at/all")
    with pytest.raises(RecurraError, match=r"MLflow cannot be used: .*nowhere.*Check MLFLOW_TRACKING_URI") as caught:
        train(training=TRAINING, callbacks=[MLflow()])
    assert "\n" not in str(caught.value)
