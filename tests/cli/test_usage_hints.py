"""What people try first: options and presets as they are called elsewhere, and arguments in another order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from commands import Run, check_failed
from safetensors.numpy import save

from recurra.cli.failures import _OTHER_NAMES
from recurra.presets import preset_names
from recurra.presets.recipe import setting_names
from recurra.settings import OTHER_NAMES

TRAIN = ["train", "news.csv", "--out", "run"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ([*TRAIN, "--lr", "0.1"], "--lr. Did you mean --learning-rate?"),
        ([*TRAIN, "--lr=0.1"], "--lr. Did you mean --learning-rate?"),
        (["train", "news.csv", "-o", "run"], "-o. Did you mean --out?"),
        (["export", "m.safetensors", "-o", "small"], "-o. Did you mean --out?"),
        ([*TRAIN, "--num_epochs", "3"], "--num_epochs. Did you mean --epochs?"),
        ([*TRAIN, "--hidden", "128"], "--hidden. Did you mean --set hidden=VALUE?"),
        ([*TRAIN, "--word-dropout", "0.1"], "--word-dropout. Did you mean --set word_dropout=VALUE?"),
        ([*TRAIN, "--val", "july.csv"], "--val. Did you mean --validation?"),
        ([*TRAIN, "--hidden-size", "64"], "--hidden-size. Did you mean --set hidden=VALUE?"),
        ([*TRAIN, "--vocab_size", "64"], "--vocab_size. Did you mean --set vocabulary_size=VALUE?"),
        (["train", "--file", "news.csv", "--out", "run"], "--file. Did you mean recurra train DATA?"),
        (["evaluate", "m.safetensors", "--file", "x"], "--file. Did you mean recurra evaluate MODEL DATA?"),
        (["predict", "m.safetensors", "--file", "x.txt"], "--file. Did you mean recurra score MODEL DATA?"),
        (["inspect", "m.safetensors", "--file", "x.csv"], "--file. Did you mean --data?"),
        (["compare", "m.safetensors", "--file", "x.csv"], "--file. Did you mean --data?"),
        ([*TRAIN, "--gpu"], "--gpu. Did you mean --device cuda?"),
        ([*TRAIN, "--tensorboard"], "--tensorboard. Did you mean --tracker tensorboard?"),
        ([*TRAIN, "--mlflow"], "--mlflow. Did you mean --tracker mlflow?"),
        ([*TRAIN, "--skip-unlabeled"], "--skip-unlabeled. Did you mean --skip-unlabelled?"),
        (["predict", "m.safetensors", "-k", "3", "text"], "-k. Did you mean --top-k?"),
        # A command without such an option.
        (["info", "m.safetensors", "-o", "x"], "-o. See recurra info --help."),
    ],
)
def test_options_as_they_are_called_elsewhere(words: list[str], meant: str, run: Run) -> None:
    check_failed(run(*words), 2, f"has no option {meant}")


def test_no_option_is_another_one_elsewhere() -> None:
    every = [name for names in _OTHER_NAMES.values() for name in names]
    every += [f"--{name.replace('_', '-')}" for names in OTHER_NAMES.values() for name in names]
    assert len(set(every)) == len(every)
    assert set(OTHER_NAMES) <= set(setting_names())
    assert set(setting_names()).isdisjoint(name for names in OTHER_NAMES.values() for name in names)


@pytest.mark.parametrize(
    ("given", "meant"), [("lr=0.1", "learning_rate"), ("hidden_size=64", "hidden"), ("optimizer=adam", "optimiser")]
)
@pytest.mark.parametrize("command", ["train", "tune"])
def test_settings_as_they_are_called_elsewhere(command: str, given: str, meant: str, run: Run, news: Path) -> None:
    ran = run(command, news, "--out", "run", "--set", given)
    check_failed(ran, 2, f"There is no setting '{given.partition('=')[0]}'. Did you mean {meant}?")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lstm", "Did you mean lesson/lstm or --set cell=lstm, the cell?"),
        ("LSTM", "Did you mean lesson/lstm or --set cell=lstm, the cell?"),
        ("bilstm", "Did you mean lesson/bilstm?"),
        ("min-gru", "Did you mean --set cell=min_gru, the cell?"),
        ("defualt", "Did you mean default?"),
    ],
)
def test_a_cell_in_a_presets_place(name: str, meant: str, run: Run, news: Path) -> None:
    ran = run("train", news, "--model", name, "--out", "run")
    check_failed(ran, 2, f"There is no preset '{name}'. {meant}", *preset_names())
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            ["predict", "the team wins", "{}"],
            [
                "{} is a model file and stands in the place of TEXT",
                "'the team wins' in that of MODEL",
                "predict MODEL TEXT",
            ],
        ),
        (["predict", "the", "team", "{}"], ["predict MODEL TEXT"]),
        (
            ["evaluate", "news.csv", "{}"],
            ["in the place of DATA", "'news.csv' in that of MODEL", "evaluate MODEL DATA"],
        ),
        (["score", "news.csv", "{}", "--out", "x.csv"], ["score MODEL DATA"]),
        (["inspect", "the team wins", "{}"], ["inspect MODEL TEXT"]),
        (["bench", "news.csv", "{}"], ["bench MODEL TEXTS"]),
        (["train", "{}", "--out", "run"], ["DATA is {}, which is a model file", "recurra train DATA --from {}"]),
        (["check", "{}"], ["DATA is {}, which is a model file", "recurra check DATA --model {}"]),
        (["data", "{}"], ["DATA is {}, which is a model file: give a table of texts"]),
        (["evaluate", "{}", "{}"], ["DATA is {}, which is a model file"]),
    ],
)
def test_a_model_file_in_anothers_place(words: list[str], parts: list[str], run: Run, news: Path, model: Path) -> None:
    ran = run(*(word.format("model.safetensors") for word in words))
    check_failed(ran, 2, *(part.format("model.safetensors") for part in parts), "--help.")
    assert not Path("run").exists()


def test_a_models_path_is_a_text_like_any_other(run: Run, model: Path) -> None:
    assert run("predict", model, "model.safetensors").code == 0
    # What is no model is an error as before.
    check_failed(run("predict", "the team wins", "news.csv"), 1, "There is no file the team wins")


@pytest.mark.parametrize("command", ["train", "tune", "evaluate", "info"])
def test_help_in_groups_of_80_columns(command: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(command, "--help").out.splitlines()
    groups = [line[:-1] for line in lines if line and not line.startswith((" ", "Usage"))]
    expected = ["Arguments", "Data", "Model", "Training", "Run", "Output"]
    assert [one for one in groups if one != "Options"] == [one for one in expected if one in groups]
    if command in ("train", "tune"):
        assert groups == expected
        assert max(map(len, lines)) <= 80
    assert lines.index("Output:") < next(place for place, line in enumerate(lines) if line.startswith("  -h, --help"))


@pytest.mark.parametrize("command", ["train", "tune", "score"])
def test_resume_says_what_it_does_where_nothing_is_there(command: str, run: Run) -> None:
    """A pipeline gives it always."""
    assert "or start" in " ".join(run(command, "--help").out.split())


def test_a_checkpoint_in_the_place_of_a_model(run: Run) -> None:
    metadata = {"recurra": json.dumps({"run": "0" * 64, "position": {}})}
    Path("checkpoint.safetensors").write_bytes(save({"weight": np.zeros(2, np.float32)}, metadata=metadata))
    ran = run("predict", "checkpoint.safetensors", "oil")
    check_failed(ran, 1, "checkpoint.safetensors", "is a checkpoint", "Give the model.safetensors beside it")
