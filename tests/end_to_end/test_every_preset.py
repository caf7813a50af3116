"""Train, save, load, predict, evaluate: every preset, by the commands and by Python, with the same answers."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rows import make_rows, write_news

import recurra
from recurra.cli import main
from recurra.evaluation import evaluate
from recurra.presets import load_preset, preset_names

# Of the lesson's networks with four classes, as Keras counts them.
PARAMETERS = {
    "lesson/simple-rnn-titles": 1_281_364,
    "lesson/simple-rnn-masked": 1_281_364,
    "lesson/gru": 1_281_812,
    "lesson/lstm": 1_282_372,
    "lesson/bilstm": 2_758_148,
}


def command(name: str, *words: object) -> Any:
    """The JSON document of a command that succeeds and has nothing to complain about."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([name, "--json", *map(str, words)])
    assert (code, err.getvalue()) == (0, "")
    return json.loads(out.getvalue())


@pytest.mark.parametrize("preset", preset_names())
def test_commands_and_python_agree(preset: str, tmp_path: Path) -> None:
    train, test = write_news(tmp_path / "train.csv", 48), write_news(tmp_path / "test.csv", 20, seed=1)
    documents, labels = make_rows(20, seed=1)

    made = command("train", train, "--model", preset, "--out", tmp_path / "run", "--epochs", 1)
    path = Path(made["model"])
    assert path == tmp_path / "run" / "model.safetensors"

    told = command("info", path)
    assert told["record"]["preset"] == preset
    assert told["network"] == load_preset(preset).network.to_dict()
    assert told["parameters"]["total"] == made["parameters"] == PARAMETERS.get(preset, made["parameters"])

    fitted = recurra.TextClassifier(model=preset, epochs=1, random_state=None).fit(*make_rows(48))
    loaded = recurra.load(path)
    probabilities = loaded.predict_proba(documents)
    np.testing.assert_array_equal(probabilities, fitted.predict_proba(documents))

    texts = [text for _, text in documents]
    answers = command("predict", path, "--quiet", "--", *texts)
    assert [answer["text"] for answer in answers] == texts
    assert [answer["label"] for answer in answers] == loaded.predict(texts).tolist()
    found = [[answer["probabilities"][label] for label in loaded.classes_] for answer in answers]
    np.testing.assert_allclose(found, loaded.predict_proba(texts), atol=1e-6)

    scores = command("evaluate", path, test, "--out", tmp_path / "scores")
    expected = evaluate(probabilities, labels, loaded.classes_).to_dict()
    for name in ("rows", "accuracy", "macro_f1", "weighted_f1", "log_loss", "ece"):
        assert scores[name] == pytest.approx(expected[name], abs=1e-6)
    assert json.loads((tmp_path / "scores" / "metrics.json").read_text()) == scores


@pytest.mark.parametrize("cell", ["simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm"])
def test_what_is_easy_is_learned(cell: str, tmp_path: Path) -> None:
    """From the words to the file and back, nothing is mixed up: the topics are told apart without an error."""
    train, test = write_news(tmp_path / "train.csv", 160), write_news(tmp_path / "test.csv", 40, seed=1)
    small = ["--set", f"cell={cell}", "--set", "hidden=12", "--set", "embedding=12", "--learning-rate", 0.02]
    made = command("train", train, "--out", tmp_path / "run", *small)
    assert command("evaluate", made["model"], test)["accuracy"] == 1.0
