"""``recurra train --tracker``: what a training is reported to."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlflow
import pytest
from commands import Run, check_failed

from recurra.training.mlflow_tracker import RUN

# MLflow's tables use what SQLAlchemy is going to give up.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")


def test_the_command_tracks_with_what_is_named(run: Run, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    words = ["train", news, "--set", "hidden=4", "--epochs", 1, "--quiet"]
    ran = run(*words, "--out", "run", "--tracker", "mlflow", "--tracker", "tensorboard", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["model"] == str(Path("run/model.safetensors"))
    assert list(Path("run/tensorboard").iterdir())
    # By default in a database in the current folder.
    found = mlflow.MlflowClient("sqlite:///mlflow.db").get_run(json.loads(Path("run", RUN).read_text())["run_id"])
    assert (found.info.status, found.info.run_name, found.data.params["hidden"]) == ("FINISHED", "run", "4")
    check_failed(run(*words, "--out", "b", "--tracker", "wandb"), 2, "--tracker 'wandb'", "tensorboard or mlflow")
    monkeypatch.setitem(sys.modules, "mlflow", None)
    check_failed(run(*words, "--out", "b", "--tracker", "mlflow"), 1, "needs mlflow", "pip install 'recurra[mlflow]'")
    assert not Path("b").exists()
