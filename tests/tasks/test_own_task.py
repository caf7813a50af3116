"""A custom task, declared outside the package: checked, trained, saved, loaded, and through every command."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.commands import Ran
from ordinal import Ordinal
from ordinal_torch import Loss
from scipy.stats import logistic
from starlette.testclient import TestClient
from training.runs import PLAIN, SHORT, train

import recurra
from recurra import TextClassifier, inspection, tasks
from recurra.checking.check import Training, check, open_source
from recurra.checking.label_names import LabelNames
from recurra.cli import main
from recurra.data.label_format import MULTI_LABEL_FORMAT, SINGLE_LABEL_FORMAT
from recurra.data.sources import open_blocks
from recurra.errors import DataError, SettingsError
from recurra.models.network import Output
from recurra.presets import TrainingSettings
from recurra.runtime import Model
from recurra.serving import Access, Limits, create_app
from recurra.serving.access import LOCAL_NAMES

HERE = Path(__file__).parent
WORDS = ("awful", "poor", "fair", "good", "superb")
NETWORK = PLAIN.replace(hidden=12, embedding=12, pooling=("max",), every_step=0.2)
TRAINING = SHORT.replace(epochs=12, batch_size=16, learning_rate=0.02, validation=0.2, calibrate=True)


def rows(count: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts whose stars are the mean of their two words' places, from 1 to 5."""
    generator = np.random.default_rng(seed)
    places = generator.integers(0, 5, count)[:, None] + generator.integers(-1, 2, (count, 2))
    places = places.clip(0, 4)
    texts = [f"a {WORDS[one]} room and {WORDS[other]} food" for one, other in places.tolist()]
    return texts, (1 + places.mean(axis=1).round()).astype(int).tolist()


def table(path: Path, count: int = 200, seed: int = 5) -> Path:
    lines = ["text,stars", *(f"{text},{stars}" for text, stars in zip(*rows(count, seed), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run."""
    folder = tmp_path_factory.mktemp("ordinal") / "run"
    train(folder, rows=rows(600, 1), network=NETWORK, training=TRAINING, task="ordinal")
    return folder


@pytest.fixture
def model(folder: Path) -> Path:
    return folder / "model.safetensors"


def command(capsys: pytest.CaptureFixture[str], *words: object) -> Ran:
    capsys.readouterr()
    code = main([str(word) for word in words])
    return Ran(code, *capsys.readouterr())


def test_probabilities_and_loss_are_those_of_the_formula() -> None:
    logits = np.random.default_rng(0).normal(0, 2, (6, 3))
    targets = np.array([0, 1, 2, 3, 0, 3])
    falling = np.stack([logits[:, 0], logits[:, 0] - np.log1p(np.exp(logits[:, 1])), np.zeros(6)], axis=1)
    falling[:, 2] = falling[:, 1] - np.log1p(np.exp(logits[:, 2]))
    above = logistic.cdf(falling)
    expected = np.stack([1 - above[:, 0], above[:, 0] - above[:, 1], above[:, 1] - above[:, 2], above[:, 2]], axis=1)
    np.testing.assert_allclose(Ordinal().probabilities(logits), expected, atol=1e-12)
    loss = Loss(Ordinal(), TrainingSettings(), targets, 3)
    found: Any = loss(Output(torch.tensor(logits), None), None, torch.tensor(targets))
    assert float(found) == pytest.approx(-np.log(expected[np.arange(6), targets]).mean())
    # The median, not the most probable: half of the probability is on either side.
    assert Ordinal().leading(np.array([[0.4, 0.3, 0.3], [0.1, 0.3, 0.6]])).tolist() == [1, 2]


def test_a_model_learns_the_order_and_its_file_says_the_task(model: Path) -> None:
    loaded, (texts, stars) = recurra.load(model), rows(300, 9)
    assert isinstance(loaded.task, Ordinal)
    assert loaded.bundle.tensors["b_O"].shape == (4,)
    assert loaded.predict_proba(texts).sum(axis=1) == pytest.approx(1)
    given = loaded.predict(texts)
    assert np.abs(given - np.array(stars)).mean() < 0.2
    record = loaded.record
    assert record["scores"]["validation"].keys() == {"rows", "mean_absolute_error", "accuracy", "log_loss"}
    assert record["calibration"] == {"skipped": "no temperature suits one label of an order"}
    assert "gives it one of 5 labels that have an order" in (model.parent / "model-card.md").read_text()
    assert "cumulative logits" in loaded.summary()
    assert loaded.predict(texts[:1], abstain_below=1.0).tolist() == [None]


def test_it_is_read_word_by_word_but_not_explained_by_gradients(model: Path) -> None:
    loaded = recurra.load(model)
    text = "a superb room and good food"
    reading = loaded.read(text)
    assert reading.probabilities.shape == reading.evidence.shape == (6, 5)
    np.testing.assert_allclose(
        reading.probabilities[-1], loaded.predict_proba(["a superb room and good food"])[0], atol=1e-5
    )
    with pytest.raises(SettingsError, match="of a model that gives one label of an order"):
        inspection.read(loaded, "good food", name="m", attribution=True)
    with pytest.raises(DataError, match="this model gives one label of an order"):
        inspection.flags(loaded, recurra.read_table(table(model.parent / "flags.csv")), name="m")


def test_a_process_loads_it_once_the_task_is_registered(model: Path) -> None:
    code = "import sys, recurra; print(recurra.load(sys.argv[1]).predict(['superb food']).tolist())"
    code += "; print('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])}

    def ran(program: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", program, str(model)]
        return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)

    assert ran(f"import ordinal; {code}").stdout.split() == ["[5]", "False"]
    refused = ran(code).stderr.splitlines()[-1]
    assert refused.endswith(
        "The task 'ordinal' is not known here, only single_label, multi_label. "
        "Register it first: recurra.tasks.register(YourTask())."
    )


def test_the_rows_are_checked(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = LabelNames()
    names.set_format(tasks.task_named("ordinal"))
    report = check(open_source(open_blocks(table(tmp_path / "t.csv")), "train", names), training=Training())
    assert report.task.name == "ordinal"
    assert sum(report.files["train"].classes.values()) == 200
    ran = command(capsys, "check", table(tmp_path / "more.csv", seed=6), "--model", model, "--json")
    assert (ran.code, ran.json["multi_label"]) == (0, False)
    refused = command(capsys, "check", tmp_path / "t.csv", "--model", model, "--multi-label")
    assert "--multi-label is given with" in refused.err
    assert "which gives one label of an order a row" in refused.err


def test_the_commands_answer(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded, data = recurra.load(model), table(tmp_path / "t.csv")
    texts, stars = rows(200, 5)
    probabilities = loaded.predict_proba(texts)
    given = loaded.predict(texts).tolist()

    (answer,) = command(capsys, "predict", model, texts[0], "--json").json
    assert answer["label"] == given[0]
    assert texts[0] in command(capsys, "predict", model, texts[0]).out

    found = command(capsys, "evaluate", model, data, "--out", tmp_path / "page", "--json").json
    assert found["mean_absolute_error"] == np.abs(np.array(given) - stars).mean()
    assert found["accuracy"] == (np.array(given) == stars).mean()
    low, high = found["intervals"]["mean_absolute_error"]
    assert low <= found["mean_absolute_error"] <= high
    page = (tmp_path / "page" / "evaluation.html").read_text()
    assert "Mean absolute error" in page
    assert "Rows by the steps to the true label." in page
    held = command(capsys, "evaluate", model, data, "--abstain-below", "0.9").out
    assert "mean absolute error" in held
    assert "answers of 0.9 or more" in held

    for kind in ("csv", "jsonl", "parquet"):
        out = tmp_path / f"scored.{kind}"
        counts = command(capsys, "score", model, data, "--all", "--out", out, "--json").json["labels"]
        assert counts == {str(label): given.count(label) for label in loaded.classes_}
    lines = list(csv.DictReader(io.StringIO((tmp_path / "scored.csv").read_text())))
    assert [int(line["label"]) for line in lines] == given
    assert float(lines[0]["probability_5"]) == pytest.approx(probabilities[0, 4], abs=1e-6)
    assert [json.loads(line)["label"] for line in (tmp_path / "scored.jsonl").read_text().splitlines()] == given

    small = command(capsys, "export", model, data, "--int8", "--out", tmp_path / "small.safetensors", "--json").json
    assert small["accuracy"]["before"] == found["accuracy"]
    pair = command(capsys, "compare", model, tmp_path / "small.safetensors", "--data", data, "--json").json["pairs"][0]
    assert pair["differences"].keys() == {"mean_absolute_error", "accuracy", "log_loss"}
    # Means over rows have no number for a label that training never saw: such rows are left out, and told.
    data.write_text(data.read_text() + "good food,9\n")
    more = command(capsys, "evaluate", model, data, "--json").json
    assert (more["rows"], more["unknown_labels"], more["accuracy"]) == (200, 1, found["accuracy"])
    assert any("a label that training never saw (9 1) and is left out" in note for note in more["notes"])
    both = command(capsys, "compare", model, tmp_path / "small.safetensors", "--data", data, "--json").json
    assert (both["rows"], both["unknown_labels"]) == (200, 1)
    assert sum(one["rows"] for one in both["slices"] if one["name"].startswith("class")) == 200
    assert "unknown label" not in {one["name"] for one in both["slices"]}
    about = command(capsys, "info", model)
    assert "mean absolute error" in about.out


def test_a_service_answers(model: Path) -> None:
    loaded, (texts, _) = recurra.load(model), rows(8, 3)
    app = create_app({"stars": loaded}, limits=Limits(), access=Access(token=None, hosts=LOCAL_NAMES))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        found = client.post("/v1/classify", json={"texts": texts}).json()["results"]
        read = client.post("/v1/read", json={"text": texts[0]}).json()
    assert [one["label"] for one in found] == loaded.predict(texts).tolist()
    assert list(found[0]["probabilities"].values()) == pytest.approx(loaded.predict_proba(texts)[0].tolist())
    assert read["label"] == found[0]["label"]


# Rows are drawn from few texts.
@pytest.mark.filterwarnings("ignore:20 of 20 rows held out have the same text")
def test_the_estimator_learns_it_and_training_goes_on_from_a_model(model: Path) -> None:
    texts, stars = rows(200, 2)
    options = {"hidden": 4, "embedding": 4, "pooling": ["max"], "tokens": "words"}
    with pytest.warns(UserWarning, match="The recurrent network learned next to nothing: 0.1500 of the rows held out"):
        own = TextClassifier(task=Ordinal(), options=options, epochs=1).fit(texts, stars)
    assert own.model_.task.name == "ordinal"
    assert 0 <= own.score(texts, stars) <= 1
    initial, once = recurra.load(model).bundle, TRAINING.replace(epochs=1)
    more = train(rows=rows(200, 4), network=NETWORK, training=once, initial=initial)
    assert Model(more.bundle).task.name == "ordinal"
    with pytest.raises(SettingsError, match="The label 6 is new to a model that gives one label of an order"):
        train(rows=(["a", "b"], [5, 6]), network=NETWORK, initial=initial)
    with pytest.raises(DataError, match="several labels a row, and what is to be learned gives one label of an order"):
        train(rows=(["a", "b"], [("x",), ("y", "x")]), task="ordinal")


def test_a_name_is_taken_once() -> None:
    class Other(Ordinal):
        pass

    with pytest.raises(SettingsError, match="A task 'ordinal' is registered already"):
        tasks.register(Other())
    with pytest.raises(SettingsError, match="The task 'tags' is not known here"):
        train(task="tags")


def test_names_of_before_work_for_a_release_and_warn() -> None:
    with pytest.warns(DeprecationWarning, match="Task.cells is called label_cells now"):

        class Old(Ordinal):
            cells = MULTI_LABEL_FORMAT

    assert Old().label_cells is MULTI_LABEL_FORMAT
    assert Ordinal().label_cells is SINGLE_LABEL_FORMAT
    for old, new in tasks.RENAMED.items():
        with pytest.warns(DeprecationWarning, match=f"{old} is called {new.__name__} now"):
            assert getattr(tasks, old) is new
