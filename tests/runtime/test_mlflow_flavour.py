"""Models in MLflow's format: with the runtime alone, without pickle, and without a word to MLflow's makers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from missing_packages import HIDE

import recurra
import recurra.mlflow as flavour
from recurra.bundle.format import encode
from recurra.errors import DataError, RecurraError, SettingsError
from recurra.mlflow import TextModel

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
TEXTS = ["oil price up", "a goal in the match"]

PROGRAM = """
import json, socket, sys
from pathlib import Path

asked = []

def refuse(*values, **named):
    asked.append(repr(values))
    raise OSError("There is no network here.")

socket.socket.connect = socket.getaddrinfo = refuse
model, texts = sys.argv[1], json.loads(sys.argv[2])

import recurra.mlflow

mlflow = recurra.mlflow.load_mlflow()
import mlflow.pyfunc
import pandas as pd

recurra.mlflow.save_model(model, "saved")
loaded = mlflow.pyfunc.load_model("saved")
with mlflow.start_run():
    logged = recurra.mlflow.log_model(recurra.load(model), registered_model_name="tickets")
answers = [
    loaded.predict(texts),
    mlflow.pyfunc.load_model(logged.model_uri).predict(pd.DataFrame({"text": texts})),
    mlflow.pyfunc.load_model("models:/tickets/1").predict(pd.Series(texts)),
]
probabilities = recurra.mlflow.load_model("models:/tickets/1").predict_proba(texts)
# What is reported goes out in a thread, at the latest when the process ends.
from mlflow.telemetry import get_telemetry_client
client = get_telemetry_client()
if client is not None:
    client.flush()
print(json.dumps({
    "answers": [one.to_dict("list") for one in answers],
    "probabilities": probabilities.tolist(),
    "modules": sorted({"torch", "sklearn", "pyarrow"} & sys.modules.keys()),
    "asked": asked,
    "client": client is not None,
}))
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:  # type: ignore[type-arg]
    """What the program says in a process without torch; MLflow must not take it for a test."""
    folder = tmp_path_factory.mktemp("mlflow")
    known = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "PYTEST", "CI"))}
    words = ["torch,sklearn,pyarrow", str(MODELS / "lstm.safetensors"), json.dumps(TEXTS)]
    done = subprocess.run(
        [sys.executable, "-c", HIDE + PROGRAM, *words],
        capture_output=True, text=True, check=False, timeout=240, cwd=folder, env=known,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


@pytest.mark.slow
def test_pyfunc_gives_the_models_labels_and_probabilities_without_torch(ran: tuple[dict, Path]) -> None:  # type: ignore[type-arg]
    found, _ = ran
    model = recurra.load(MODELS / "lstm.safetensors")
    probabilities = model.predict_proba(TEXTS)
    assert found["modules"] == []
    assert np.allclose(found["probabilities"], probabilities, atol=1e-6)
    for answer in found["answers"]:
        assert list(answer) == ["label", "probability", *[f"probability_{one}" for one in model.classes_]]
        assert answer["label"] == model.predict(TEXTS).tolist()
        assert answer["probability"] == pytest.approx(probabilities.max(axis=1).tolist(), abs=1e-6)
        for place, name in enumerate(model.classes_):
            assert answer[f"probability_{name}"] == pytest.approx(probabilities[:, place].tolist(), abs=1e-6)


@pytest.mark.slow
def test_nothing_is_sent_and_what_is_saved_has_no_pickle(ran: tuple[dict, Path]) -> None:  # type: ignore[type-arg]
    found, folder = ran
    assert found["asked"] == []
    assert not found["client"]
    saved = folder / "saved"
    assert sorted(path.name for path in saved.rglob("*")) == [
        "MLmodel", "conda.yaml", "model.safetensors", "python_env.yaml", "requirements.txt",
    ]  # fmt: skip
    assert (saved / "model.safetensors").read_bytes() == encode(recurra.load(MODELS / "lstm.safetensors").bundle)
    requirement = f"recurra[mlflow]=={recurra.__version__}"
    assert (saved / "requirements.txt").read_text() == requirement + "\n"
    import yaml

    described = yaml.safe_load((saved / "MLmodel").read_text())
    assert described["flavors"]["python_function"]["loader_module"] == "recurra.mlflow"
    assert described["flavors"]["recurra"] == {"data": "model.safetensors", "recurra_version": recurra.__version__}
    conda = yaml.safe_load((saved / "conda.yaml").read_text())
    assert conda["dependencies"][-1] == {"pip": [requirement]}
    assert yaml.safe_load((saved / "python_env.yaml").read_text())["dependencies"] == ["-r requirements.txt"]


def test_tables_are_read_by_the_columns_that_the_model_learned_from() -> None:
    plain = recurra.load(MODELS / "lstm.safetensors")
    titled = recurra.load(MODELS / "lstm.safetensors")
    titled.record["columns"] = {"text": "body", "title": "subject"}
    rows = [("oil", "price up"), ("match", "a goal")]
    frame = pd.DataFrame({"id": [1, 2], "subject": [one for one, _ in rows], "body": [two for _, two in rows]})
    found = TextModel(titled).predict(frame)
    assert np.allclose(found["probability"], titled.predict_proba(rows).max(axis=1))
    for given in (np.array(TEXTS), np.array([[one] for one in TEXTS], dtype=object), {"any": TEXTS}, tuple(TEXTS)):
        assert TextModel(plain).predict(given)["label"].tolist() == plain.predict(TEXTS).tolist()
    assert len(TextModel(plain).predict("one text")) == 1
    for model, table, said in (
        (titled, frame[["subject"]], "no column 'body'; it has subject"),
        (plain, frame, "the columns id, subject, body, and the model knows no names"),
        (plain, pd.DataFrame({"text": ["a", None]}), "row 1"),
    ):
        with pytest.raises(DataError, match=said):
            TextModel(model).predict(table)


def test_several_labels_are_lists_and_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    several = recurra.load(MODELS / "several-labels.safetensors")
    found = TextModel(several).predict(TEXTS)
    assert found["labels"].tolist() == [list(one) for one in several.predict(TEXTS)]
    names = [f"probability_{one}" for one in several.classes_]
    assert np.allclose(found[names].to_numpy(), several.predict_proba(TEXTS))
    with pytest.raises(SettingsError, match="is no model"):
        flavour.save_model(object(), tmp_path / "saved")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(RecurraError, match="is not empty"):
        flavour.save_model(several, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
